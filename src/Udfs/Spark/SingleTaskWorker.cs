using System.Net;
using System.Net.Sockets;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The process that Spark starts for each task when its daemon mode is off (<c>spark.python.use.daemon=false</c>).</summary>
sealed class SingleTaskWorker(IConnectionService service, WorkerEnvironment environment, TaskWatcher watcher)
{
    static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Connects to Spark and serves until Spark closes or the token is cancelled.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        EndPoint target = Target();
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, target is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(stop))
        {
            limit.CancelAfter(s_connectTimeout);
            await socket.ConnectAsync(target, limit.Token);
        }

        using var connection = new Connection(socket, environment.BufferBytes);
        using CancellationTokenRegistration ended = stop.Register(() => End(connection));
        var served = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Serve(connection, target is IPEndPoint, served)) { IsBackground = true, Name = "metaspore-task" }.Start();
        return await served.Task;
    }

    EndPoint Target()
    {
        if (environment.HasUnixSockets && environment.SocketPath is { } path) return new UnixDomainSocketEndPoint(path);
        return environment.Port is { } port and > 0 and < 65536
            ? new IPEndPoint(environment.Loopback, port)
            : throw new SparkProtocolException("PYTHON_WORKER_FACTORY_PORT names no port: this program is started by Spark's executors, not by hand");
    }

    void Serve(Connection connection, bool hasSecret, TaskCompletionSource<int> served)
    {
        try
        {
            bool isOpen = Handshake.Open(connection, environment, hasSecret);
            if (isOpen) service.Serve(connection);

            // Spark must get the last bytes before the process ends.
            connection.Socket.Shutdown(SocketShutdown.Send);
            served.SetResult(isOpen ? 0 : 1);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            served.SetResult(1);
        }
    }

    void End(Connection connection)
    {
        watcher.CancelAll();
        connection.Dispose();
    }
}
