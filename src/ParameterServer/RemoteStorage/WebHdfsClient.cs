using System.Net;
using System.Text.Json;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>
/// Calls of WebHDFS, each with a deadline and repeated while it fails in passing; a server that is not the active one is passed
/// over for the next. Content goes to and comes from the data node that the name node names. Thread-safe.
/// </summary>
/// <param name="settings">How HDFS is reached.</param>
sealed class WebHdfsClient(WebHdfsSettings settings)
{
    const int Attempts = 5;
    const int MaxAnswerBytes = 256 << 20;

    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    // Redirects are followed by hand: a body goes only to where the name node sends it.
    static readonly HttpClient s_http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15), UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    /// <summary>A call without content in either direction but a small answer.</summary>
    /// <param name="location">What it concerns.</param>
    /// <param name="what">What is done, such as "listing".</param>
    /// <param name="method">Method of HTTP.</param>
    /// <param name="query">The operation with its parameters.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer's JSON, undefined when empty; null when there is no such file.</returns>
    public Task<JsonElement?> CallAsync(StorageLocation location, string what, HttpMethod method, string query, CancellationToken cancellationToken) =>
        RunAsync<JsonElement?>(location, what, s_limit, async (server, token) =>
        {
            using HttpRequestMessage request = new(method, UrlOf(server, location, query));
            using HttpResponseMessage response = await s_http.SendAsync(request, token);
            if (!response.IsSuccessStatusCode) return NullIfMissing(await WebHdfsFault.ReadAsync(response, token));
            byte[] body = await response.Content.ReadAsByteArrayAsync(token);
            if (body.Length == 0) return default(JsonElement);
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }, cancellationToken);

    /// <summary>Writes a new file.</summary>
    /// <param name="location">The file.</param>
    /// <param name="length">Length of the content.</param>
    /// <param name="open">Opens the content from its start, for each attempt.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task CreateAsync(StorageLocation location, long length, Func<Stream> open, CancellationToken cancellationToken) =>
        RunAsync(location, "writing", ObjectFolder.LimitFor(length), async (server, token) =>
        {
            using HttpRequestMessage ask = new(HttpMethod.Put, UrlOf(server, location, "op=CREATE&overwrite=true"));
            using HttpResponseMessage answer = await s_http.SendAsync(ask, token);
            if (RedirectOf(answer) is not { } dataNode) throw new FaultException(await WebHdfsFault.ReadAsync(answer, token), server);
            await using Stream content = open();
            using HttpRequestMessage send = new(HttpMethod.Put, dataNode) { Content = new StreamContent(content) };
            send.Content.Headers.ContentType = new("application/octet-stream");
            send.Content.Headers.ContentLength = length;
            using HttpResponseMessage written = await SendToDataNodeAsync(send, token);
            return written.IsSuccessStatusCode ? true : throw new FaultException(await WebHdfsFault.ReadAsync(written, token), dataNode);
        }, cancellationToken);

    /// <summary>Opens a file to be read from an offset; the answer's body is still to come.</summary>
    /// <returns>The answer, to be disposed; null when there is no such file.</returns>
    public Task<HttpResponseMessage?> OpenAsync(StorageLocation location, long offset, CancellationToken cancellationToken) =>
        RunAsync<HttpResponseMessage?>(location, "reading", s_limit, async (server, token) =>
        {
            using HttpRequestMessage ask = new(HttpMethod.Get, UrlOf(server, location, $"op=OPEN&offset={offset}"));
            HttpResponseMessage answer = await s_http.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead, token);
            if (RedirectOf(answer) is { } dataNode)
            {
                answer.Dispose();
                using HttpRequestMessage read = new(HttpMethod.Get, dataNode);
                answer = await SendToDataNodeAsync(read, token);
                server = dataNode;
            }

            if (answer.IsSuccessStatusCode) return answer;
            using (answer)
            {
                NullIfMissing(await WebHdfsFault.ReadAsync(answer, token), server);
                return null;
            }
        }, cancellationToken);

    static async Task<HttpResponseMessage> SendToDataNodeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await s_http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException error) when (error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            throw new HttpRequestException(error.HttpRequestError, $"the name node names the data node {Server(request.RequestUri!)}, which can't be reached ({error.Message.TrimEnd('.')}); its web port must be open to this machine", error);
        }
    }

    static Uri? RedirectOf(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.Redirect && answer.Headers.Location is { IsAbsoluteUri: true, Scheme: "http" or "https" } target
            ? target
            : null;

    Uri UrlOf(Uri server, StorageLocation location, string query)
    {
        string path = string.Join('/', location.Path.Split('/').Select(Uri.EscapeDataString));
        return new Uri($"{server.GetLeftPart(UriPartial.Path).TrimEnd('/')}/webhdfs/v1{path}?{query}&user.name={Uri.EscapeDataString(settings.User)}");
    }

    static JsonElement? NullIfMissing(WebHdfsFault fault, Uri? server = null) => fault.IsMissing ? null : throw new FaultException(fault, server);

    async Task<T> RunAsync<T>(StorageLocation location, string what, TimeSpan limit, Func<Uri, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        IReadOnlyList<Uri> servers = settings.ServersOf(location);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        string start = $"{what} '{location}' failed: ";
        for (int attempt = 0; ; attempt++)
        {
            Uri server = servers[attempt % servers.Count];
            try
            {
                return await call(server, deadline.Token);
            }
            catch (FaultException error) when (!error.Fault.MayPass || attempt + 1 >= Attempts * servers.Count)
            {
                throw Explain(start, error);
            }
            catch (Exception error) when (error is HttpRequestException or IOException and not StorageException && attempt + 1 >= Attempts * servers.Count)
            {
                throw new StorageException($"{start}WebHDFS at {Server(server)} can't be reached: {error.Message.TrimEnd('.')}. Check METASPORE_WEBHDFS, which names the name node's web address, and the network", error);
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                throw Late(start, server, limit, error);
            }
            catch (JsonException error)
            {
                throw new BadInputException($"{start}{Server(server)} does not speak WebHDFS: {error.Message} Set METASPORE_WEBHDFS to the name node's web address, such as http://namenode:9870", error);
            }
            catch (Exception error) when (error is FaultException or HttpRequestException or IOException)
            {
                // A server that is not the active one answers at once; there is a pause only when all were asked.
                if ((attempt + 1) % servers.Count == 0) await PauseAsync(attempt / servers.Count, start, server, limit, deadline.Token, cancellationToken);
            }
        }
    }

    async Task PauseAsync(int round, string start, Uri server, TimeSpan limit, CancellationToken deadline, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(settings.RetryDelay * (1 << round), deadline);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Late(start, server, limit, error);
        }
    }

    Exception Explain(string start, FaultException error)
    {
        WebHdfsFault fault = error.Fault;
        string place = error.Server is { } server ? Server(server) : "WebHDFS";
        if (fault.MayPass) return new StorageException($"{start}{place} answered {fault}, also when asked again. Try again when HDFS is well", error);
        return fault.Status switch
        {
            HttpStatusCode.Unauthorized => new BadInputException(
                $"{start}{place} wants a login ({fault}). Clusters with Kerberos are not supported; use another store, or a gateway without a login", error),
            HttpStatusCode.Forbidden => new BadInputException(
                $"{start}the user '{settings.User}' may not do it ({fault}). Give that user the permission, or set HADOOP_USER_NAME to one who has it", error),
            _ => new BadInputException($"{start}{place} refuses it ({fault}). Check the address and METASPORE_WEBHDFS", error),
        };
    }

    static StorageException Late(string start, Uri server, TimeSpan limit, Exception error) =>
        new($"{start}WebHDFS at {Server(server)} did not end the call within {limit.TotalSeconds:0} s. Try again when HDFS and the network are less busy", error);

    // Without the query, which names the user.
    static string Server(Uri address) => address.GetLeftPart(UriPartial.Authority);

    sealed class FaultException(WebHdfsFault fault, Uri? server) : Exception(fault.ToString())
    {
        public WebHdfsFault Fault => fault;

        public Uri? Server => server;
    }
}
