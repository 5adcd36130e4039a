using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Benchmarks.Wire;

/// <summary>
/// An exchange of so many bytes each way with a shard of another process over loopback, next to an asynchronous socket echo
/// of the same bytes and a plain gRPC unary call with a <c>bytes</c> field, in turns; wall-clock time.
/// </summary>
static class WireBenchmark
{
    const int Large = 1 << 20, Small = 4 << 10;

    public static async Task RunAsync()
    {
        await CompareAsync("1 MB each way", Large, 60, 5);
        await CompareAsync("4 KB each way", Small, 60, 100);
    }

    static async Task CompareAsync(string title, int bytes, int rounds, int perRound)
    {
        (string Name, Func<Task> Call, List<double> Seconds)[] ways =
        [
            ("asynchronous socket echo", await SocketAsync(bytes), []),
            ("exchange with a shard", await ExchangeAsync(bytes), []),
            ("plain gRPC unary call with a bytes field", await BytesAsync(bytes), []),
        ];
        for (int round = -10; round < rounds; round++)
        {
            foreach ((_, Func<Task> call, List<double> seconds) in ways)
            {
                for (int i = 0; i < perRound; i++)
                {
                    long start = Stopwatch.GetTimestamp();
                    await call();
                    if (round >= 0) seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }

        Console.WriteLine($"\n{title}, {rounds * perRound} calls each, in turns; two processes, loopback");
        Console.WriteLine($"{"",-44}{"best",12}{"quartile",12}{"median",12}{"median",14}{"speed",10}");
        Console.WriteLine($"{"",-44}{"µs",12}{"µs",12}{"µs",12}{"MB/s",14}{"ratio",10}");
        double baseline = Median(ways[0].Seconds);
        foreach ((string name, _, List<double> seconds) in ways)
        {
            double[] sorted = [.. seconds.Order()];
            double median = sorted[sorted.Length / 2];
            Console.WriteLine(
                $"{name,-44}{sorted[0] * 1e6,12:F1}{sorted[sorted.Length / 4] * 1e6,12:F1}{median * 1e6,12:F1}{2 * bytes / median / 1e6,14:N0}{baseline / median,10:P0}");
        }

        Console.WriteLine($"exchange / plain gRPC: {Median(ways[2].Seconds) / Median(ways[1].Seconds):F2} x; exchange latency: {Median(ways[1].Seconds) / baseline:F2} x the socket's");
    }

    static double Median(List<double> seconds) => seconds.Order().ElementAt(seconds.Count / 2);

    static async Task<Func<Task>> SocketAsync(int bytes)
    {
        int port = EchoPeers.Start("socket");
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await EchoPeers.SendAsync(socket, BitConverter.GetBytes(bytes));
        byte[] message = new byte[bytes], answer = new byte[bytes];
        return async () =>
        {
            // Sending and receiving overlap, as they do in an exchange.
            Task received = EchoPeers.ReceiveAsync(socket, answer);
            await EchoPeers.SendAsync(socket, message);
            await received;
        };
    }

    static async Task<Func<Task>> ExchangeAsync(int bytes)
    {
        int port = EchoPeers.Start("shard");
        StoreLayout layout = new()
        {
            RunId = Guid.NewGuid(),
            Tables = [],
            DenseTensors = [new DenseTensorSpec { Name = "payload", Shape = [bytes / sizeof(float), 1], Updater = new NoOpTensorUpdater() }],
        };
        GrpcShardChannel channel = new(new Uri($"http://127.0.0.1:{port}"), new ShardConnectionOptions { JobId = EchoPeers.JobId, Secret = EchoPeers.Secret });
        await channel.ConfigureAsync(layout, 0, 1, CancellationToken.None);
        await channel.BeginEpochAsync(0, [0], CancellationToken.None);
        NativeBuffer pushed = new(), pulled = new();
        NativeBlock gradient = pushed.Reserve<byte>(bytes), values = pulled.Reserve<byte>(bytes);
        gradient.AsSpan<byte>().Clear();
        StepExchange exchange = new();
        long step = 0;
        return async () =>
        {
            exchange.Clear();
            exchange.Step = new StepKey(layout.RunId, layout.Generation, 0, 0, step++);
            exchange.RowCount = 1;
            exchange.DensePushes.Add(new DensePush(0, gradient));
            exchange.DensePulls.Add(new DensePull(0, values));
            await channel.ExchangeAsync(exchange, CancellationToken.None);
            GC.KeepAlive(pushed);
            GC.KeepAlive(pulled);
        };
    }

    static Task<Func<Task>> BytesAsync(int bytes)
    {
        int port = EchoPeers.Start("bytes");
        GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions { MaxReceiveMessageSize = null });
        CallInvoker invoker = channel.CreateCallInvoker();
        byte[] payload = new byte[bytes];
        return Task.FromResult<Func<Task>>(async () =>
        {
            // As a client does: the values into the message, the answer's values out of it.
            BytesValue request = new() { Value = ByteString.CopyFrom(payload) };
            BytesValue answer = await invoker.AsyncUnaryCall(BytesEchoBase.Method, null, default, request);
            answer.Value.CopyTo(payload, 0);
        });
    }
}
