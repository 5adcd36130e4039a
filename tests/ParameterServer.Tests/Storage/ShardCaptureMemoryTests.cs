using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Storage;

/// <summary>What a snapshot needs of a shard's memory is the snapshot's trouble and never training's.</summary>
public sealed class ShardCaptureMemoryTests
{
    const int Dimension = 16;
    static readonly Guid s_run = Guid.NewGuid();
    static readonly ulong[] s_keys = [.. Enumerable.Range(1, 20_000).Select(i => CounterRandom.Draw(3, (ulong)i) | 1)];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4 << 20, false)]
    [InlineData(6 << 20, true)]
    public async Task Capture_StepsNeedTheMemory_FailsAloneAndTrainingGoesOn(int limit, bool grows)
    {
        using Shard shard = Start(limit);
        await PushAsync(shard, 0, s_keys, 1);
        TaskCompletionSource writing = new(), stepped = new();
        Task<ShardSnapshot> save = shard.CaptureAsync(
            At(0),
            async (tables, _) =>
            {
                writing.SetResult();
                await stepped.Task;
                Read(tables[0]);
                return [];
            },
            Token).AsTask();
        await writing.Task;

        // Either the former rows don't fit beside the table, or the table grows into the memory that the capture has taken.
        await PushAsync(shard, 1, s_keys, 1);
        if (grows) await PushAsync(shard, 2, [.. Enumerable.Range(1, 36_000).Select(i => CounterRandom.Draw(4, (ulong)i) | 1)], 1);
        stepped.SetResult();

        ShardCapacityException error = await Assert.ThrowsAsync<ShardCapacityException>(() => save);
        Assert.Matches("table 't' holds 20,000 rows and needs [0-9,]+ bytes more, but the shard's tables already take [0-9,]+ of the", error.Message);
        await PushAsync(shard, grows ? 3 : 2, s_keys, 1);
        if (grows) return;
        byte[] rows = [];
        await shard.CaptureAsync(
            At(0),
            (tables, _) =>
            {
                rows = Read(tables[0]);
                return new([]);
            },
            Token);
        Assert.All(FirstWeights(rows), weight => Assert.Equal(-3f, weight));
    }

    [Fact]
    public async Task Dispose_WhileRowsAreRead_FreesTheMemoryAfterTheLastOne()
    {
        Shard shard = Start(long.MaxValue);
        await PushAsync(shard, 0, s_keys, 2);
        TaskCompletionSource reading = new(), disposed = new();
        byte[] rows = [];
        CancellationToken stop = default;
        Task<ShardSnapshot> save = shard.CaptureAsync(
            At(0),
            async (tables, token) =>
            {
                stop = token;
                reading.SetResult();
                await disposed.Task;
                rows = Read(tables[0]);
                token.ThrowIfCancellationRequested();
                return [];
            },
            Token).AsTask();
        await reading.Task;

        shard.Dispose();
        Assert.True(stop.IsCancellationRequested);
        disposed.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => save);
        Assert.All(FirstWeights(rows), weight => Assert.Equal(-2f, weight));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => shard.CaptureAsync(At(0), (_, _) => new([]), Token).AsTask());
    }

    static SnapshotRequest At(long snapshot) => new(snapshot, "");

    static Shard Start(long limit)
    {
        StoreLayout layout = new()
        {
            RunId = s_run,
            WorkerCount = 1,
            Tables = [new SparseTableSpec { Name = "t", Dimension = Dimension, Updater = new PlainSgd(1), Initializer = new PlainConstant(0) }],
            DenseTensors = [],
        };
        Shard shard = new(layout, 0, 1, new ShardOptions { MaxTableBytes = limit });
        shard.BeginEpoch(0, [0]);
        return shard;
    }

    static async Task PushAsync(Shard shard, long step, ulong[] keys, float gradient)
    {
        using Blocks blocks = new();
        float[] gradients = new float[keys.Length * Dimension];
        Array.Fill(gradients, gradient);
        StepExchange exchange = new() { Step = new StepKey(s_run, 1, 0, 0, step), Fingerprint = (ulong)step, RowCount = 1 };
        exchange.SparsePushes.Add(new SparsePush(0, blocks.Of(keys), blocks.Of(gradients)));
        await shard.ExchangeAsync(exchange, Token);
    }

    static byte[] Read(TableCapture table)
    {
        ulong[] keys = new ulong[table.Count];
        byte[] rows = new byte[table.Count * table.RowBytes];
        table.ReadKeys(0, keys);
        table.ReadRows(0, keys, rows);
        return rows;
    }

    static float[] FirstWeights(byte[] rows) =>
        [.. Enumerable.Range(0, s_keys.Length).Select(i => BitConverter.ToSingle(rows, rows.Length / s_keys.Length * i))];
}
