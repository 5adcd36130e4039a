using System.Reflection;
using System.Runtime.InteropServices;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>The calls of one session to one server, with deadlines, retries and typed errors. Thread-safe.</summary>
sealed class ConnectClient : IDisposable
{
    readonly GrpcChannel _channel;
    readonly Metadata _headers = [];
    volatile string? _serverSession;

    public ConnectClient(ConnectionString address, ConnectionTimes times)
    {
        Address = address;
        Times = times;
        SessionId = (address.SessionId ?? Guid.NewGuid()).ToString();
        User = new UserContext { UserId = address.UserId, UserName = address.UserId };
        string version = typeof(ConnectClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
        ClientType = (address.UserAgent is { Length: > 0 } before ? before + " " : "")
            + $"metaspore-spark/{version} dotnet/{Environment.Version} os/{(OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux")}"
            + $" {RuntimeInformation.ProcessArchitecture}";
        foreach ((string name, string value) in address.Headers) _headers.Add(name, value);
        if (address.Token is { } token) _headers.Add("authorization", "Bearer " + token);
        _channel = GrpcChannel.ForAddress($"{(address.UseSsl ? "https" : "http")}://{address.Host}:{address.Port}", new GrpcChannelOptions
        {
            HttpHandler = Handler(),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = address.MaxMessageBytes,
            MaxSendMessageSize = address.MaxMessageBytes,
            MaxRetryAttempts = 1,
        });
        Stub = new SparkConnectService.SparkConnectServiceClient(_channel);
    }

    public ConnectionString Address { get; }

    public ConnectionTimes Times { get; }

    public string SessionId { get; }

    public UserContext User { get; }

    /// <summary>The name that this client gives of itself.</summary>
    public string ClientType { get; }

    public SparkConnectService.SparkConnectServiceClient Stub { get; }

    /// <summary>The server's own id of the session, sent back so that a server that was started anew is noticed; null on 3.5.</summary>
    public string? ServerSession => _serverSession;

    /// <summary>Remembers the server's id of the session, given by an answer.</summary>
    public void Observe(string serverSession)
    {
        if (serverSession.Length > 0) _serverSession = serverSession;
    }

    /// <summary>Options of a call with a deadline, or without one for a stream.</summary>
    public CallOptions Options(TimeSpan? deadline, CancellationToken cancellationToken) =>
        new(_headers, deadline is { } limit ? DateTime.UtcNow + limit : null, cancellationToken);

    /// <summary>Makes a call, repeating it where that may help.</summary>
    public async Task<T> CallAsync<T>(Func<CallOptions, Task<T>> call, TimeSpan deadline, RetryPolicy retries, CancellationToken cancellationToken)
    {
        RetryState state = new(retries);
        while (true)
        {
            try
            {
                return await call(Options(deadline, cancellationToken));
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (RpcException error)
            {
                if (!await state.WaitAfterAsync(error, cancellationToken)) throw await TranslateAsync(error, cancellationToken);
            }
        }
    }

    /// <summary>The exception for the caller, with the details that the server keeps of the error.</summary>
    public async Task<SparkException> TranslateAsync(RpcException error, CancellationToken cancellationToken)
    {
        ErrorInfo? info = ErrorReader.Info(error);
        if (info is null && TransportError.Describe(error, this) is { } transport) return transport;
        FetchErrorDetailsResponse? fetched = ErrorReader.ErrorId(info) is { } id ? await FetchDetailsAsync(id, cancellationToken) : null;
        return ErrorReader.Read(error, info, fetched).ToException(error);
    }

    async Task<FetchErrorDetailsResponse?> FetchDetailsAsync(string errorId, CancellationToken cancellationToken)
    {
        FetchErrorDetailsRequest request = new() { SessionId = SessionId, UserContext = User, ClientType = ClientType, ErrorId = errorId };
        if (ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
        try
        {
            return await Stub.FetchErrorDetailsAsync(request, Options(Times.Release, cancellationToken));
        }
        catch (RpcException)
        {
            // The status alone has to do.
            return null;
        }
    }

    public void Dispose() => _channel.Dispose();

    static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        EnableMultipleHttp2Connections = true,
        InitialHttp2StreamWindowSize = 8 << 20,
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        ConnectTimeout = TimeSpan.FromSeconds(20),
    };
}
