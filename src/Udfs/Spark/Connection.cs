using System.Net.Sockets;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>A connection with Spark, with one buffer for each direction that lasts as long as the connection. For one thread.</summary>
sealed class Connection : IDisposable
{
    readonly BufferedStream _input;
    readonly BufferedStream _output;

    /// <summary>Takes a connected socket over.</summary>
    public Connection(Socket socket, int bufferBytes)
    {
        Socket = socket;
        if (socket.AddressFamily != AddressFamily.Unix) socket.NoDelay = true;
        _input = new BufferedStream(new NetworkStream(socket, ownsSocket: false), bufferBytes);
        _output = new BufferedStream(new NetworkStream(socket, ownsSocket: false), bufferBytes);
        Reader = new WireReader(_input);
        Writer = new WireWriter(_output);
    }

    public Socket Socket { get; }

    public WireReader Reader { get; }

    public WireWriter Writer { get; }

    /// <summary>Limits or frees the time that a read may take.</summary>
    public void LimitReads(TimeSpan? time) => Socket.ReceiveTimeout = time is { } limit ? Math.Max(1, (int)limit.TotalMilliseconds) : 0;

    /// <summary>Reads and forgets until the peer closes; returns also when it does not within the time.</summary>
    /// <remarks>Closing with unread bytes would reset the connection, and Spark would not see what was written last.</remarks>
    public void DiscardUntilClosed(TimeSpan limit, TimeProvider time)
    {
        byte[] scratch = new byte[1 << 14];
        long start = time.GetTimestamp();
        while (limit - time.GetElapsedTime(start) is { Ticks: > 0 } left)
        {
            LimitReads(left);
            if (_input.Read(scratch, 0, scratch.Length) == 0) return;
        }
    }

    public void Dispose()
    {
        // The buffered streams are not disposed: they would try to write what a broken connection could not take.
        Socket.Dispose();
    }
}
