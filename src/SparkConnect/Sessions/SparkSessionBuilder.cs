using System.Collections.Concurrent;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Describes a session: where its server is, or what server to start, and its configuration. Immutable: each method returns a new builder.</summary>
public sealed record SparkSessionBuilder
{
    /// <summary>Environment variable with the default connection string.</summary>
    public const string RemoteVariable = "SPARK_REMOTE";

    /// <summary>Environment variable with the token of a server whose connection string has none.</summary>
    public const string TokenVariable = "SPARK_CONNECT_AUTHENTICATE_TOKEN";

    static readonly ConcurrentDictionary<string, SparkSession> s_open = [];

    string? _remote;
    string? _master;
    string? _home;
    string? _name;
    bool _allowsInsecure;
    Dictionary<string, string> _conf = [];

    internal SparkSessionBuilder()
    {
    }

    internal ConnectionTimes Times { get; init; } = new();

    /// <summary>Connects to a server: <c>sc://host:port/;token=…;use_ssl=true</c>. Without this and <see cref="Master"/> the variable <c>SPARK_REMOTE</c> counts.</summary>
    public SparkSessionBuilder Remote(string connectionString) => this with { _remote = connectionString, _master = null };

    /// <summary>
    /// Starts a Spark Connect server of <c>SPARK_HOME</c> on this machine's loopback address, with this master (<c>local[4]</c>,
    /// <c>local-cluster[2,2,1024]</c>, <c>spark://…</c>), and stops it when the session is disposed or this process ends.
    /// </summary>
    public SparkSessionBuilder Master(string master) => this with { _master = master, _remote = null };

    /// <summary>The Spark distribution that <see cref="Master"/> starts, instead of the one that <c>SPARK_HOME</c> names.</summary>
    public SparkSessionBuilder SparkHome(string folder) => this with { _home = folder };

    /// <summary>A configuration of the session; with <see cref="Master"/> of the server, so that every key can be set.</summary>
    public SparkSessionBuilder Config(string key, string value) => this with { _conf = new Dictionary<string, string>(_conf) { [key] = value } };

    /// <summary>The application's name, shown by a server that is started here; others keep their own.</summary>
    public SparkSessionBuilder AppName(string name) => this with { _name = name };

    /// <summary>
    /// Lets <see cref="Master"/> start a server of Spark 3.5, which knows no token and listens on all of the machine's addresses: whoever
    /// reaches the port can run code.
    /// </summary>
    public SparkSessionBuilder AllowInsecureConnect() => this with { _allowsInsecure = true };

    /// <summary>
    /// The open session that an earlier call made for the same server, with the configuration set once more, or a new one. Who disposes it
    /// ends it for all.
    /// </summary>
    /// <param name="cancellationToken">Stops connecting.</param>
    /// <exception cref="SparkConnectException">The server can't be reached or started; the message says what to check.</exception>
    public async Task<SparkSession> GetOrCreateAsync(CancellationToken cancellationToken = default)
    {
        string key = _master is not null ? $"master {_master} {_home}" : RemoteText();
        if (s_open.TryGetValue(key, out SparkSession? open) && !open.IsDisposed)
        {
            if (_master is null && _conf.Count > 0) await open.Conf.SetAsync(_conf, cancellationToken);
            return open;
        }

        return s_open[key] = await CreateAsync(cancellationToken);
    }

    /// <summary>A new session in any case.</summary>
    /// <inheritdoc cref="GetOrCreateAsync"/>
    public async Task<SparkSession> CreateAsync(CancellationToken cancellationToken = default) =>
        _master is not null ? await StartAsync(_home is { } home ? SparkInstallation.At(home) : SparkInstallation.Find(), cancellationToken) : await ConnectAsync(cancellationToken);

    async Task<SparkSession> ConnectAsync(CancellationToken cancellationToken)
    {
        ConnectionString address = ConnectionString.Parse(RemoteText());
        if (address.Token is null && Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token)
            address = address with { Token = token, UseSsl = address.UseSsl || !address.IsLoopback };
        SparkSession session = await SparkSession.ConnectAsync(address, Times, null, cancellationToken);
        try
        {
            if (_conf.Count > 0) await session.Conf.SetAsync(_conf, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    internal async Task<SparkSession> StartAsync(SparkInstallation spark, CancellationToken cancellationToken)
    {
        LocalServer server = await LocalServer.StartAsync(spark, _master!, _name ?? "metaspore", _conf, _allowsInsecure, cancellationToken);
        try
        {
            return await SparkSession.ConnectAsync(server.Address, Times, server, cancellationToken);
        }
        catch (Exception error)
        {
            await server.DisposeAsync();
            if (error is SparkConnectException) throw new SparkConnectException($"{error.Message}\n{server.LastLines()}", error);
            throw;
        }
    }

    string RemoteText() => _remote ?? Environment.GetEnvironmentVariable(RemoteVariable) switch
    {
        { Length: > 0 } set => set,
        _ => throw new SparkConnectException($"No server is named. Give Remote(\"sc://host:port\") or Master(\"local[4]\"), or set {RemoteVariable}."),
    };
}
