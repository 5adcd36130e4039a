using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>A Spark Connect server as a child process. It ends when this process does. Thread-safe.</summary>
sealed class LocalServer : IAsyncDisposable
{
    const string MainClass = "org.apache.spark.sql.connect.service.SparkConnectServer";
    const int LinesKept = 30;

    // Runs the server beside a reader of standard input, which ends it when the input does: also when this process is killed.
    const string Guard = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        { cat <&3 >/dev/null; kill "$server"; } >/dev/null 2>&1 &
        wait "$server"
        """;

    static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(3);
    static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);

    readonly Process _process;
    readonly string _folder;
    readonly Queue<string> _lines = [];
    readonly Task _pumps;
    int _isDisposed;

    LocalServer(Process process, string folder, ConnectionString address)
    {
        _process = process;
        _folder = folder;
        Address = address;
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    /// <summary>Where it listens.</summary>
    public ConnectionString Address { get; }

    /// <summary>Starts a server and waits until it listens.</summary>
    public static async Task<LocalServer> StartAsync(SparkInstallation spark, string master, string name,
        IReadOnlyDictionary<string, string> conf, bool allowsInsecure, CancellationToken cancellationToken)
    {
        if (!spark.HasToken && !allowsInsecure)
            throw new SparkConnectException($"The Connect server of Spark {spark.Version} knows no token and listens on all addresses of this machine: whoever reaches its port can run code. Use Spark 4.0 or later, or accept that with AllowInsecureConnect().");
        string? token = spark.HasToken ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) : null;
        int port = FreePort();
        string folder = Directory.CreateTempSubdirectory("metaspore-spark-").FullName;
        string properties = WriteProperties(folder, spark, master, port, conf);
        ProcessStartInfo start = Command(spark, [
            "--class", MainClass, "--master", master, "--name", name, "--properties-file", properties, "spark-internal"]);
        start.Environment.Remove(SparkSessionBuilder.RemoteVariable);
        start.Environment.Remove(SparkSessionBuilder.TokenVariable);
        if (token is not null) start.Environment[SparkSessionBuilder.TokenVariable] = token;
        LocalServer server = new(Process.Start(start)!, folder, new ConnectionString { Host = IPAddress.Loopback.ToString(), Port = port, Token = token });
        try
        {
            await server.WaitUntilListeningAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its last lines of log, for an error message.</summary>
    public string LastLines()
    {
        lock (_lines) return _lines.Count == 0 ? "It logged nothing." : "Its last log lines:\n" + string.Join('\n', _lines.Select(line => "    " + line));
    }

    /// <summary>Stops the server: first by the end of its guard's input, then by force.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }

        using CancellationTokenSource limit = new(OperatingSystem.IsWindows() ? TimeSpan.Zero : s_stopLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _pumps;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    async Task WaitUntilListeningAsync(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_startLimit)
        {
            if (_process.HasExited)
            {
                await _pumps;
                throw new SparkConnectException($"The Spark Connect server ended with exit code {_process.ExitCode} before it listened. {LastLines()}");
            }

            using TcpClient probe = new();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, Address.Port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100, cancellationToken);
            }
        }

        throw new SparkConnectException($"The Spark Connect server did not listen within {s_startLimit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s. {LastLines()}");
    }

    async Task PumpAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                if (_lines.Count == LinesKept) _lines.Dequeue();
                _lines.Enqueue(line);
            }
        }
    }

    static ProcessStartInfo Command(SparkInstallation spark, IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new() { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (OperatingSystem.IsWindows())
        {
            start.FileName = Path.Combine(spark.Home, "bin", "spark-submit.cmd");
        }
        else
        {
            start.FileName = "/bin/sh";
            foreach (string argument in (string[])["-c", Guard, "metaspore-spark", Path.Combine(spark.Home, "bin", "spark-submit")]) start.ArgumentList.Add(argument);
        }

        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["SPARK_HOME"] = spark.Home;
        return start;
    }

    // Values can be secrets, so they stand in a private file and not among the arguments. It takes the place of
    // spark-defaults.conf, whose lines come first: the last of equal keys counts.
    static string WriteProperties(string folder, SparkInstallation spark, string master, int port, IReadOnlyDictionary<string, string> conf)
    {
        StringBuilder text = new();
        if (File.Exists(spark.DefaultsFile)) text.Append(File.ReadAllText(spark.DefaultsFile)).Append('\n');
        Dictionary<string, string> all = new() { ["spark.ui.enabled"] = "false" };
        if (master.StartsWith("local", StringComparison.Ordinal)) all["spark.driver.host"] = all["spark.driver.bindAddress"] = IPAddress.Loopback.ToString();
        foreach ((string key, string value) in conf) all[key] = value;
        all["spark.connect.grpc.binding.port"] = port.ToString(CultureInfo.InvariantCulture);
        if (spark.HasToken) all["spark.connect.grpc.binding.address"] = IPAddress.Loopback.ToString();
        foreach ((string key, string value) in all) text.Append(key).Append('=').Append(Escaped(value)).Append('\n');
        string path = Path.Combine(folder, "spark.conf");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    // The file is read as a Java properties file.
    static string Escaped(string value)
    {
        StringBuilder text = new();
        foreach (char c in value)
        {
            if (c is '\\' || (c is ' ' && text.Length == 0)) text.Append('\\').Append(c);
            else if (c is < ' ' or > '~') text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else text.Append(c);
        }

        return text.ToString();
    }

    static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
