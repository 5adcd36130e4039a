using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// One process for all tasks of an executor and session: it tells Spark where it listens, and serves each connection on a thread. Kill
/// requests on the standard input are ignored, because they name the one process; tasks see their connection close instead.
/// </summary>
sealed class WorkerDaemon(IConnectionService service, SparkWorkerOptions options, WorkerEnvironment environment, TaskWatcher watcher, ILogger log)
{
    const int Backlog = 1024;
    const int MaxSocketPath = 103;

    static readonly TimeSpan s_acceptRetry = TimeSpan.FromMilliseconds(100);

    readonly ConcurrentDictionary<Connection, bool> _connections = [];
    long _lastUse;

    /// <summary>Serves until the token is cancelled, the input ends or the process was idle for too long.</summary>
    public async Task<int> RunAsync(Stream input, Stream output, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        string? path = environment.HasUnixSockets ? NewSocketPath() : null;
        EndPoint address = path is null ? new IPEndPoint(environment.Loopback, 0) : new UnixDomainSocketEndPoint(path);
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, path is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            listener.Bind(address);
            if (path is not null && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(Backlog);
            var writer = new WireWriter(output);
            if (path is null) writer.Write(((IPEndPoint)listener.LocalEndPoint!).Port);
            else writer.Write(path);
            writer.Flush();
            new Thread(() => ReadToEnd(input, ending)) { IsBackground = true, Name = "metaspore-stdin" }.Start();
            _lastUse = options.Time.GetTimestamp();
            TimeSpan period = options.IdleTimeout / 8;
            using ITimer idle = options.Time.CreateTimer(_ => EndIfIdle(ending), null, period, period);
            await AcceptAsync(listener, hasSecret: path is null, ending.Token);
        }
        finally
        {
            listener.Dispose();
            if (path is not null) File.Delete(path);
        }

        await EndTasksAsync();
        return 0;
    }

    async Task AcceptAsync(Socket listener, bool hasSecret, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(stop);
                var connection = new Connection(socket, environment.BufferBytes);
                _connections[connection] = true;
                new Thread(() => Serve(connection, hasSecret)) { IsBackground = true, Name = "metaspore-task" }.Start();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, or the peer was gone at once: the next one may do better.
                log.LogWarning(e, "a connection could not be accepted");
                await Task.Delay(s_acceptRetry, options.Time, CancellationToken.None);
            }
        }
    }

    void Serve(Connection connection, bool hasSecret)
    {
        try
        {
            if (Handshake.Accept(connection, environment, hasSecret)) service.Serve(connection);
            else log.LogWarning("a connection with a wrong secret was refused");
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            log.LogInformation("a connection ended early: {Message}", e.Message);
        }
        finally
        {
            Volatile.Write(ref _lastUse, options.Time.GetTimestamp());
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    // Kill requests come as numbers of this process and are not obeyed.
    void ReadToEnd(Stream input, CancellationTokenSource ending)
    {
        byte[] scratch = new byte[256];
        try
        {
            while (input.Read(scratch, 0, scratch.Length) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            log.LogDebug(e, "the standard input broke");
        }

        End(ending);
    }

    void EndIfIdle(CancellationTokenSource ending)
    {
        if (!_connections.IsEmpty || options.Time.GetElapsedTime(Volatile.Read(ref _lastUse)) < options.IdleTimeout) return;
        if (!(options.MayExit?.Invoke() ?? true)) return;
        log.LogInformation("no connection for {Time}: the daemon ends; Spark starts another one when it needs it", options.IdleTimeout);
        End(ending);
    }

    static void End(CancellationTokenSource ending)
    {
        try
        {
            ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The daemon has ended already.
        }
    }

    async Task EndTasksAsync()
    {
        watcher.CancelAll();
        long start = options.Time.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (watcher.IsBusy && options.Time.GetElapsedTime(start) < options.CancelGrace) await timer.WaitForNextTickAsync();
        foreach (Connection connection in _connections.Keys) connection.Dispose();
    }

    string NewSocketPath()
    {
        string folder = environment.SocketFolder ?? Path.GetTempPath();
        string path = Path.Combine(folder, string.Create(
            CultureInfo.InvariantCulture, $".metaspore-{Environment.ProcessId}-{Guid.NewGuid().ToString("N").AsSpan(0, 8)}.sock"));
        return path.Length <= MaxSocketPath ? path : throw new SparkProtocolException(
            $"the folder for unix sockets makes a path of more than {MaxSocketPath} characters: set spark.python.unix.domain.socket.dir to a shorter one than {folder}");
    }
}
