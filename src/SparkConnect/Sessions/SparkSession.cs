using System.Text.RegularExpressions;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// A session of a Spark Connect server: the entry to tables, SQL and configuration. Thread-safe. While it is open it tells the server
/// every few minutes that it is used; disposing it ends it at the server (4.0 and later) and stops a server that it started.
/// </summary>
public sealed partial class SparkSession : IAsyncDisposable
{
    readonly ConnectClient _client;
    readonly LocalServer? _server;
    readonly ArtifactSender _artifacts;
    readonly CancellationTokenSource _end = new();
    readonly Task _keepAlive;
    readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _isDisposing;

    SparkSession(ConnectClient client, LocalServer? server, string version)
    {
        _client = client;
        _server = server;
        _artifacts = new ArtifactSender(client);
        Version = version;
        Match numbers = MajorMinorText().Match(version);
        MajorMinor = numbers.Success ? System.Version.Parse(numbers.Value)
            : throw new SparkConnectException($"{client.Address} calls itself Spark '{version}'. Expected a version such as 4.3.0; check that it is a Spark Connect server.");
        Conf = new RuntimeConfig(client);
        _keepAlive = KeepAliveAsync();
    }

    /// <summary>The server's version, such as <c>4.3.0</c>, with whatever a vendor adds.</summary>
    public string Version { get; }

    /// <summary>The first two numbers of the version.</summary>
    public Version MajorMinor { get; }

    /// <summary>The session's UUID.</summary>
    public string SessionId => _client.SessionId;

    /// <summary>The server's address, without secrets.</summary>
    public string Address => _client.Address.ToString();

    /// <summary>The session's configuration.</summary>
    public RuntimeConfig Conf { get; }

    /// <summary>Sources to read.</summary>
    public DataFrameReader Read => new(this);

    internal bool IsDisposed => _isDisposing != 0;

    /// <summary>Describes the session to connect to or to start.</summary>
    public static SparkSessionBuilder Builder() => new();

    /// <summary>A second session at the same server, with its own configuration, views and artifacts.</summary>
    public Task<SparkSession> NewSessionAsync(CancellationToken cancellationToken = default) =>
        ConnectAsync(_client.Address with { SessionId = null }, _client.Times, null, cancellationToken);

    /// <summary>The numbers from <paramref name="start"/> up to but without <paramref name="end"/>, as the column <c>id</c>.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="end">Where the numbers end.</param>
    /// <param name="step">The difference of neighbours, not 0.</param>
    /// <param name="partitions">Number of partitions; null for the server's default.</param>
    public DataFrame Range(long start, long end, long step = 1, int? partitions = null)
    {
        if (step == 0) throw new ArgumentOutOfRangeException(nameof(step), step, "A range needs a step other than 0.");
        Protocol.Range range = new() { Start = start, End = end, Step = step };
        if (partitions is { } count) range.NumPartitions = count;
        return new DataFrame(this, PlanNode.Of(new Relation { Range = range }));
    }

    /// <summary>The numbers from 0 up to but without <paramref name="end"/>.</summary>
    public DataFrame Range(long end) => Range(0, end);

    /// <summary>A table or view of the catalog.</summary>
    public DataFrame Table(string name) => Read.Table(name);

    /// <summary>Sends a file or data to the executors, or to the server for <c>jars/</c> and <c>cache/</c>.</summary>
    /// <param name="name">Where it goes: <c>files/name</c>, <c>archives/name-hash.tar.gz#directory</c>, <c>jars/name</c>. A hash of the content in the name allows to send a newer version later.</param>
    /// <param name="content">The bytes, read from the current position to the end; must be seekable.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="SparkException">The server dropped it, or has another content of that name already.</exception>
    public Task AddArtifactAsync(string name, Stream content, CancellationToken cancellationToken = default) => _artifacts.SendAsync(name, content, cancellationToken);

    /// <inheritdoc cref="AddArtifactAsync(string, Stream, CancellationToken)"/>
    /// <param name="name">Where it goes.</param>
    /// <param name="path">The file to send.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task AddArtifactAsync(string name, string path, CancellationToken cancellationToken = default)
    {
        await using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        await AddArtifactAsync(name, content, cancellationToken);
    }

    /// <summary>Interrupts all jobs of the session.</summary>
    /// <returns>Ids of the operations that were told to end.</returns>
    public Task<IReadOnlyList<string>> InterruptAllAsync(CancellationToken cancellationToken = default) =>
        InterruptAsync(new InterruptRequest { InterruptType = InterruptRequest.Types.InterruptType.All }, cancellationToken);

    /// <summary>Interrupts one job.</summary>
    /// <inheritdoc cref="InterruptAllAsync"/>
    public Task<IReadOnlyList<string>> InterruptOperationAsync(string operationId, CancellationToken cancellationToken = default) =>
        InterruptAsync(new InterruptRequest { InterruptType = InterruptRequest.Types.InterruptType.OperationId, OperationId = operationId }, cancellationToken);

    /// <summary>Interrupts the jobs that were started with a tag.</summary>
    /// <inheritdoc cref="InterruptAllAsync"/>
    public Task<IReadOnlyList<string>> InterruptTagAsync(string tag, CancellationToken cancellationToken = default) =>
        InterruptAsync(new InterruptRequest { InterruptType = InterruptRequest.Types.InterruptType.Tag, OperationTag = tag }, cancellationToken);

    /// <summary>Ends the session, and the server if the session started it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposing, 1) != 0)
        {
            await _disposed.Task;
            return;
        }

        await _end.CancelAsync();
        await _keepAlive;
        await ReleaseAsync();
        _client.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _end.Dispose();
        _disposed.SetResult();
    }

    internal static async Task<SparkSession> ConnectAsync(ConnectionString address, ConnectionTimes times, LocalServer? server, CancellationToken cancellationToken)
    {
        ConnectClient client = new(address, times);
        try
        {
            AnalyzePlanRequest request = new() { SparkVersion = new() };
            AnalyzePlanResponse response = await AnalyzeAsync(client, request, times.ConnectRetries, cancellationToken);
            return new SparkSession(client, server, response.SparkVersion.Version);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    [GeneratedRegex(@"^\d{1,4}\.\d{1,4}")]
    private static partial Regex MajorMinorText();
}
