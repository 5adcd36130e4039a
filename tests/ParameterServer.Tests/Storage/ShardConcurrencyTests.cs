using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Storage;

public sealed class ShardConcurrencyTests
{
    const int KeyCount = 4000;

    [Fact]
    public async Task Exchange_PullsWhileOthersPush_SeeWholeStepsOnly()
    {
        const int Steps = 150;
        StoreLayout layout = new()
        {
            RunId = Guid.NewGuid(),
            WorkerCount = 2,
            Tables = [new SparseTableSpec { Name = "t", Dimension = 1, Updater = new SgdTensorUpdater { LearningRate = 1 }, Initializer = new ZeroTensorInitializer() }],
            DenseTensors = [],
        };
        using Shard shard = new(layout, 0, 1, new ShardOptions());
        shard.BeginEpoch(0, [0, 0]);

        await Task.WhenAll(Enumerable.Range(0, 2).Select(p => Task.Run(() => TrainAsync(p))));

        async Task TrainAsync(int partition)
        {
            using Blocks blocks = new();
            NativeBlock keys = blocks.Of([.. Enumerable.Range(1, KeyCount).Select(i => (ulong)i)]);
            NativeBlock ones = blocks.Of([.. Enumerable.Repeat(1f, KeyCount)]), rows = blocks.Zeros<float>(KeyCount);
            for (int t = 0; t < Steps; t++)
            {
                StepExchange exchange = new() { Step = new StepKey(layout.RunId, 1, 0, partition, t), Fingerprint = (ulong)t, RowCount = 1 };
                exchange.SparsePushes.Add(new SparsePush(0, keys, ones));
                exchange.SparsePulls.Add(new SparsePull(0, keys, rows, false, false));
                await shard.ExchangeAsync(exchange, TestContext.Current.CancellationToken);
                Assert.Equal(-1, rows.AsSpan<float>().IndexOfAnyExcept(rows.AsSpan<float>()[0]));
            }
        }
    }
}
