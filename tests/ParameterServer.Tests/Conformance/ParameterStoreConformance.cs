using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>What every parameter store must do, whatever its channels: subclasses give the channels.</summary>
public abstract partial class ParameterStoreConformance
{
    /// <summary>A fresh channel to a fresh, unconfigured shard.</summary>
    protected abstract IShardChannel NewChannel(ShardOptions options);

    public static TheoryData<int> ShardCounts => [1, 3, 8];

    protected static StoreLayout Layout(TrainingMode mode = TrainingMode.Async, int workers = 1, int staleness = 0) => new()
    {
        RunId = new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        Seed = 17,
        Mode = mode,
        WorkerCount = workers,
        StalenessBound = staleness,
        Tables =
        [
            new SparseTableSpec { Name = "ctr.user", Dimension = 2, Updater = new PlainSgd(0.5f), Initializer = new PlainConstant(1) },
            new SparseTableSpec { Name = "ctr.item", Dimension = 3, Updater = new PlainMomentum(0.25f), Initializer = new PlainUniform() },
        ],
        DenseTensors =
        [
            new DenseTensorSpec { Name = "_dense.0.weight", Shape = [5, 3], Updater = new PlainSgd(0.5f) },
            new DenseTensorSpec { Name = "bias", Shape = [1, 1], Updater = new PlainMomentum(0.5f) },
        ],
    };

    protected async Task<ParameterClient> StartAsync(StoreLayout layout, int shardCount, ShardOptions? options = null)
    {
        IShardChannel[] channels = [.. Enumerable.Range(0, shardCount).Select(_ => NewChannel(options ?? new ShardOptions()))];
        ParameterClient client = new(layout, channels);
        await client.ConfigureAsync(StoreSession.Token);
        await client.BeginEpochAsync(0, new long[layout.WorkerCount], StoreSession.Token);
        return client;
    }

    protected static void Same(float[] expected, float[] actual) => Assert.Equal(expected, actual);

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Exchange_SgdSteps_EqualsClosedForm(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);
        await session.WriteDenseAsync(0, [.. Enumerable.Range(0, 15).Select(i => (float)i)]);
        ulong[] keys = [7, 0, ulong.MaxValue, 1UL << 63, 12];
        float[] gradients = [1, 2, 9, 9, 3, 4, 5, 6, 7, 8];
        float[] dense = [.. Enumerable.Range(0, 15).Select(i => i % 4f)];

        for (int i = 0; i < 4; i++) await session.PushAsync(new Push(keys, gradients) { Dense = dense });

        Same([-1f, -3, 0, 0, -5, -7, -9, -11, -13, -15], await session.PullAsync(0, keys));
        Assert.Equal(Enumerable.Range(0, 15).Select(i => i - (2f * (i % 4))), await session.PullDenseAsync(0));
        Assert.All(await client.GetStatisticsAsync(StoreSession.Token), s => Assert.Equal(4, s.AppliedSteps));
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Exchange_MissingKeys_ReadAsRequested(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);

        Same([0f, 0, 0, 0], await session.PullAsync(0, [5, 0], readOnly: true));
        Same([float.NaN, float.NaN, 0, 0], await session.PullAsync(0, [5, 0], readOnly: true, nanFill: true));
        Assert.Equal(0, (await client.GetStatisticsAsync(StoreSession.Token)).Sum(s => s.Tables[0].Rows));
        Same([1f, 1, 0, 0], await session.PullAsync(0, [5, 0]));
        Assert.Equal(1, (await client.GetStatisticsAsync(StoreSession.Token)).Sum(s => s.Tables[0].Rows));
    }
}
