using System.Buffers.Binary;
using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>Spark's side of a daemon that runs in the test's process.</summary>
sealed class FakeSpark : IAsyncDisposable
{
    public const string Secret = "74cf6a2681800f85630dfbb96413c50133af65ebd410c4fe299e269f1427d62a";

    readonly AnonymousPipeServerStream _stdin = new(PipeDirection.Out);
    readonly AnonymousPipeServerStream _stdout = new(PipeDirection.In);
    readonly Task<int> _run;

    public FakeSpark(SparkTaskFactory tasks, SparkWorkerOptions? options = null, bool hasUnixSockets = false, string folder = "", params string[] arguments)
    {
        Dictionary<string, string> environment = hasUnixSockets
            ? new() { ["PYTHON_UNIX_DOMAIN_ENABLED"] = "True", ["PYTHON_WORKER_FACTORY_SOCK_DIR"] = folder }
            : new() { ["PYTHON_WORKER_FACTORY_SECRET"] = Secret };
        options = (options ?? new SparkWorkerOptions { TagPrefix = "ms1" }) with
        {
            Environment = environment,
            Input = new AnonymousPipeClientStream(PipeDirection.In, _stdin.ClientSafePipeHandle),
            Output = new AnonymousPipeClientStream(PipeDirection.Out, _stdout.ClientSafePipeHandle),
        };
        _run = SparkWorker.RunAsync(arguments.Length == 0 ? ["-m", "pyspark.daemon", "pyspark.worker"] : arguments, tasks, options);
        if (hasUnixSockets) SocketPath = Reply.Text(_stdout);
        else Port = Reply.Int32(_stdout);
    }

    public int Port { get; }

    public string? SocketPath { get; }

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Ended => _run;

    /// <summary>Connects without a handshake.</summary>
    public NetworkStream Dial()
    {
        EndPoint address = SocketPath is null ? new IPEndPoint(IPAddress.Loopback, Port) : new UnixDomainSocketEndPoint(SocketPath);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        socket.Connect(address);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Connects, and exchanges number and secret.</summary>
    public NetworkStream Connect()
    {
        NetworkStream stream = Dial();
        if (Reply.Int32(stream) != Environment.ProcessId) throw new InvalidDataException("the worker told another process's number");
        if (SocketPath is not null) return stream;
        stream.Write(Utf(Secret));
        if (Reply.Text(stream) != "ok") throw new InvalidDataException("the worker refused the secret");
        return stream;
    }

    /// <summary>Writes to the daemon's standard input.</summary>
    public void WriteInput(byte[] bytes) => _stdin.Write(bytes);

    /// <summary>Ends the daemon's standard input.</summary>
    public void CloseInput() => _stdin.Dispose();

    public async ValueTask DisposeAsync()
    {
        CloseInput();
        await _run.WaitAsync(TimeSpan.FromMinutes(1));
        await _stdout.DisposeAsync();
    }

    public static byte[] Utf(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return [.. Int32(bytes.Length), .. bytes];
    }

    public static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
