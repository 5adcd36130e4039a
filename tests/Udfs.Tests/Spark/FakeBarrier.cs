using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>Spark's barrier socket of one task: plays one recorded connection after another and compares what the worker sends.</summary>
sealed class FakeBarrier : IDisposable
{
    readonly Socket _listener;

    public FakeBarrier(EndPoint address, IReadOnlyList<(bool FromWorker, byte[] Bytes)> messages)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(address);
        _listener.Listen(1);
        Played = Task.Run(() => PlayAsync(messages));
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Completes when everything was played.</summary>
    public Task Played { get; }

    /// <summary>The messages of one rank in a recorded log.</summary>
    public static List<(bool FromWorker, byte[] Bytes)> Messages(string[] log, int rank)
    {
        List<(bool, byte[])> messages = [];
        int current = 0;
        foreach (string line in log)
        {
            if (line.StartsWith("# rank ", StringComparison.Ordinal)) current = line["# rank ".Length] - '0';
            if (line.StartsWith('#') || current != rank) continue;
            string[] parts = line.Split("  ", 2);
            byte[] bytes = [.. parts[1].Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(hex => byte.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            messages.Add((parts[0] == "worker -> JVM", bytes));
        }

        return messages;
    }

    public void Dispose() => _listener.Dispose();

    // A reply that is not the "ok" to a secret ends the connection.
    async Task PlayAsync(IReadOnlyList<(bool FromWorker, byte[] Bytes)> messages)
    {
        Socket? peer = null;
        foreach ((bool fromWorker, byte[] bytes) in messages)
        {
            peer ??= await _listener.AcceptAsync();
            if (fromWorker)
            {
                byte[] received = new byte[bytes.Length];
                using var stream = new NetworkStream(peer, ownsSocket: false);
                await stream.ReadExactlyAsync(received);
                if (!received.AsSpan().SequenceEqual(bytes)) throw new InvalidDataException($"{Convert.ToHexString(received)} came, {Convert.ToHexString(bytes)} was recorded");
                continue;
            }

            if (bytes.Length > 0) await peer.SendAsync(bytes);
            if (bytes is [0, 0, 0, 2, (byte)'o', (byte)'k']) continue;
            peer.Dispose();
            peer = null;
        }
    }
}
