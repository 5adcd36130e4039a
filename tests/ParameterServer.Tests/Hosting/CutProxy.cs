using System.Net;
using System.Net.Sockets;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>Passes connections on to a shard; when armed, cuts the one on which an awaited answer comes, before it passes.</summary>
sealed class CutProxy : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly Uri _target;
    byte[] _pattern = [];
    int _armed;

    public CutProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Answers that were cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>Cuts the answers that hold the pattern; without one, those of exchanges.</summary>
    public void Arm(int cuts, byte[]? pattern = null)
    {
        _pattern = pattern ?? "MSR1"u8.ToArray();
        Volatile.Write(ref _armed, cuts);
    }

    public void Dispose() => _listener.Dispose();

    async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient near;
            try
            {
                near = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }

            TcpClient far = new();
            await far.ConnectAsync(_target.Host, _target.Port);
            _ = PumpAsync(near, far, isAnswer: false);
            _ = PumpAsync(far, near, isAnswer: true);
        }
    }

    async Task PumpAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                if (isAnswer && Volatile.Read(ref _armed) > 0 && buffer.AsSpan(0, count).IndexOf(_pattern) >= 0)
                {
                    Interlocked.Decrement(ref _armed);
                    Cuts++;
                    break;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other direction has closed the connection.
        }

        from.Dispose();
        to.Dispose();
    }
}
