using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>Copies of changing control calls that come while others run and long after: seeded histories against a plain replay.</summary>
public sealed class LateCallTests
{
    const int Histories = 60, Calls = 24, Keys = 6, MaxAge = 2;

    [Fact]
    public async Task Histories_WithDelayedCopies_EndLikeASerialReplay()
    {
        for (ulong seed = 1; seed <= Histories; seed++) await RunAsync(seed);
    }

    [Fact]
    public async Task WriteDense_CopyThatComesAfterAPush_ChangesNothing()
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        GrpcShardChannel channel = shard.Channel;
        using GrpcChannel raw = GrpcChannel.ForAddress(shard.Host.Endpoint);
        ShardControl.ShardControlClient control = new(raw);
        Guid client = Guid.NewGuid();
        await control.WriteDenseAsync(Dense(5), Options(client, 1));
        StepExchange push = new() { Step = new StepKey(TestShard.Layout().RunId, 1, 0, 0, 0), RowCount = 1 };
        using Blocks blocks = new();
        push.DensePushes.Add(new DensePush(0, blocks.Of([1f, 1f])));
        await channel.ExchangeAsync(push, TestShard.Token);

        await control.WriteDenseAsync(Dense(5), Options(client, 1));
        Assert.Equal(4, await DenseAsync(channel));

        await control.RequestStopAsync(new Empty(), Options(client, 2));
        RpcException late = await Assert.ThrowsAsync<RpcException>(async () => await control.WriteDenseAsync(Dense(5), Options(client, 1)));
        Assert.Equal(
            $"call 1 of client {client:N} is over: the client has gone on to call 2; what came late was not applied",
            Assert.IsType<InvalidOperationException>(WireError.FromRpc(late)).Message);
        Assert.Equal(4, await DenseAsync(channel));
    }

    [Fact]
    public async Task Call_WithADamagedNumber_IsRefused()
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        GrpcShardChannel channel = shard.Channel;
        using GrpcChannel raw = GrpcChannel.ForAddress(shard.Host.Endpoint);
        Metadata headers = ControlCallTests.Headers();
        headers.Add(WireProtocol.CallKey, "seven");
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new ShardControl.ShardControlClient(raw).WriteDenseAsync(Dense(5), headers, cancellationToken: TestShard.Token));
        Assert.Equal("the call has the number 'seven'; expected client/number, the client as 32 hexadecimal digits", WireError.FromRpc(error)!.Message);
    }

    // One client writes, prunes and loads; a worker pushes between; copies of what was sent come again at any later time.
    static async Task RunAsync(ulong seed)
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        GrpcShardChannel channel = shard.Channel;
        using GrpcChannel raw = GrpcChannel.ForAddress(shard.Host.Endpoint);
        ShardControl.ShardControlClient control = new(raw);
        Guid client = Guid.NewGuid();
        List<Func<Task>> sent = [];
        Replay replay = new();
        ulong draws = 0;
        for (int call = 1, step = 0; call <= Calls; call++)
        {
            int value = (int)Draw(100), key = 1 + (int)Draw(Keys);
            Func<CallOptions, Task> next;
            switch (Draw(3))
            {
                case 0:
                    next = async options => await control.WriteDenseAsync(Dense(value), options);
                    replay.Dense = value;
                    break;
                case 1:
                    next = async options => await control.WriteRowsAsync(Row(key, value), options);
                    replay.Write(key, value);
                    break;
                default:
                    next = async options => await control.PruneAsync(new Pruning { Table = -1, MaxAge = MaxAge }, options);
                    replay.Prune();
                    break;
            }

            CallOptions numbered = Options(client, call);
            List<Task> copies = [.. Enumerable.Range(0, 1 + (int)Draw(3)).Select(_ => next(numbered))];
            await Task.WhenAll(copies);
            sent.Add(() => next(numbered));
            int pushed = (int)Draw(Keys);
            if (pushed > 0) await TestShard.StepAsync(channel, step++, pushed);
            replay.Push(pushed);
            for (int late = (int)Draw(3); late > 0; late--) await IgnoreRefusalAsync(sent[(int)Draw((ulong)sent.Count)]);
        }

        Assert.Equal(replay.Dense, await DenseAsync(channel));
        Assert.Equal(replay.Rows(), await RowsAsync(channel));

        ulong Draw(ulong below) => CounterRandom.Draw(seed, draws++) % below;
    }

    static async Task IgnoreRefusalAsync(Func<Task> copy)
    {
        try
        {
            await copy();
        }
        catch (RpcException error) when (WireError.FromRpc(error) is InvalidOperationException)
        {
            // A copy that comes after a later call.
        }
    }

    static CallOptions Options(Guid client, long number)
    {
        Metadata headers = ControlCallTests.Headers();
        headers.Add(WireProtocol.CallKey, new CallNumber(client, number).ToString());
        return new CallOptions(headers, cancellationToken: TestShard.Token);
    }

    static DenseValues Dense(int value) =>
        new() { Tensor = 0, Values = ByteString.CopyFrom([.. BitConverter.GetBytes((float)value), .. BitConverter.GetBytes((float)value)]) };

    static Rows Row(int key, int value) => new()
    {
        Table = 0,
        Keys = ByteString.CopyFrom(BitConverter.GetBytes((ulong)key)),
        Values = ByteString.CopyFrom([.. Enumerable.Repeat(BitConverter.GetBytes((float)value), TestShard.Dimension).SelectMany(bytes => bytes)]),
    };

    static async Task<float> DenseAsync(GrpcShardChannel channel) => BitConverter.ToSingle((await channel.ReadDenseAsync(0, TestShard.Token)).Values);

    static async Task<float[]> RowsAsync(GrpcShardChannel channel)
    {
        using Blocks blocks = new();
        NativeBlock rows = blocks.Zeros<float>(Keys * TestShard.Dimension);
        StepExchange pull = new() { Step = new StepKey(TestShard.Layout().RunId, 1, 0, 0, -1) };
        pull.SparsePulls.Add(new SparsePull(0, blocks.Of([.. Enumerable.Range(1, Keys).Select(key => (ulong)key)]), rows, true, true));
        await channel.ExchangeAsync(pull, TestShard.Token);
        return [.. Enumerable.Range(0, Keys).Select(key => rows.AsSpan<float>()[key * TestShard.Dimension])];
    }

    /// <summary>What must be there: weights w ← w − 1 at each push, ages that a write and a push reset.</summary>
    sealed class Replay
    {
        readonly Dictionary<int, (float Value, int Age)> _rows = [];

        public float Dense { get; set; }

        public void Write(int key, float value) => _rows[key] = (value, 0);

        public void Push(int keys)
        {
            for (int key = 1; key <= keys; key++) _rows[key] = (_rows.GetValueOrDefault(key).Value - 1, 0);
        }

        public void Prune()
        {
            foreach ((int key, (float value, int age)) in _rows.ToArray())
                if (age == MaxAge) _rows.Remove(key);
                else _rows[key] = (value, age + 1);
        }

        public float[] Rows() => [.. Enumerable.Range(1, Keys).Select(key => _rows.TryGetValue(key, out (float Value, int Age) row) ? row.Value : float.NaN)];
    }
}
