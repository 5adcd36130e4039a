using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>What tables and tensors hold after any history.</summary>
public abstract partial class ParameterStoreConformance
{
    static readonly ulong[] s_keyPool = [.. Enumerable.Range(0, 400).Select(i => i < 40 ? (ulong)i : CounterRandom.Draw(5, (ulong)i))];

    public static TheoryData<int, int> Histories
    {
        get
        {
            TheoryData<int, int> data = [];
            foreach (int shards in ShardCounts.Select(row => row.Data))
            {
                for (int seed = 0; seed < 4; seed++) data.Add(shards, seed);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public async Task Store_RandomHistory_EqualsDictionaries(int shardCount, int seed)
    {
        Random random = new(seed);
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);
        TableOracle[] oracles = [new(2, _ => [1, 1]), new(3, null)];

        for (int step = 0; step < 60; step++)
        {
            int table = random.Next(2);
            TableOracle oracle = oracles[table];
            ulong[] keys = Subset(random);
            switch (random.Next(6))
            {
                case 0:
                    float[] read = await session.PullAsync(table, keys, readOnly: true, nanFill: true);
                    Assert.Equal(oracle.Read(keys, float.NaN), read);
                    break;
                case 1:
                    oracle.Learn(keys, await session.PullAsync(table, keys));
                    break;
                case 2:
                    float[] values = Floats(random, keys.Length * oracle.Dimension);
                    using (Blocks blocks = new())
                        await client.WriteRowsAsync(new SparsePush(table, blocks.Of(keys), blocks.Of(values)), StoreSession.Token);
                    oracle.Write(keys, values);
                    break;
                case 3:
                    int maxAge = random.Next(3);
                    long dropped = await client.PruneAsync(new PruneRequest(table, MaxAge: maxAge), StoreSession.Token);
                    Assert.Equal(oracle.PruneOld(maxAge), dropped);
                    break;
                default:
                    if (oracle.Initial is null) oracle.Learn(keys, await session.PullAsync(table, keys));
                    float[] gradients = Floats(random, keys.Length * oracle.Dimension);
                    await session.PushAsync(new Push(keys, gradients) { Table = table });
                    if (table == 0) oracle.Sgd(keys, gradients, 0.5f);
                    else oracle.Momentum(keys, gradients, 0.25f);
                    break;
            }

            Assert.Equal(oracle.Count, (await client.GetStatisticsAsync(StoreSession.Token)).Sum(s => s.Tables[table].Rows));
        }

        for (int table = 0; table < 2; table++)
            Assert.Equal(oracles[table].Read(s_keyPool, 0), await session.PullAsync(table, s_keyPool, readOnly: true));
    }

    [Fact]
    public async Task Pull_AnyArrivalOrderAndShardCount_GivesTheSameInitialRows()
    {
        Dictionary<ulong, float[]> expected = [];
        foreach (int shardCount in new[] { 1, 2, 3, 5 })
        {
            foreach (int workers in new[] { 1, 2 })
            {
                await using ParameterClient client = await StartAsync(Layout(workers: workers), shardCount);
                ulong[] keys = [.. s_keyPool];
                new Random(shardCount).Shuffle(keys);
                float[] rows = await new StoreSession(client).PullAsync(1, keys);
                for (int i = 0; i < keys.Length; i++)
                {
                    float[] row = rows[(i * 3)..((i * 3) + 3)];
                    if (!expected.TryAdd(keys[i], row)) Assert.Equal(expected[keys[i]], row);
                }
            }
        }

        Assert.Equal(s_keyPool.Length, expected.Values.Select(r => r[0]).Distinct().Count());
        Assert.Equal([0f, 0f, 0f], expected[0]);
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Exchange_SeveralThreads_LosesNoUpdate(int shardCount)
    {
        const int Workers = 4, Steps = 50;
        await using ParameterClient client = await StartAsync(Layout(workers: Workers), shardCount);
        ulong[] keys = [.. s_keyPool.Skip(1)];

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(w => Task.Run(async () =>
        {
            StoreSession session = new(client, w);
            float[] gradients = [.. Enumerable.Repeat(1f, keys.Length * 2)];
            for (int t = 0; t < Steps; t++) await session.PushAsync(new Push(keys, gradients) { Dense = [.. Enumerable.Repeat(2f, 15)], Pull = keys });
        })));

        // Sums of halves are exact in single precision, so the order of the threads can't show.
        float[] rows = await new StoreSession(client).PullAsync(0, keys);
        Assert.All(rows, value => Assert.Equal(1 - (0.5f * Workers * Steps), value));
        Assert.All(await new StoreSession(client).PullDenseAsync(0), value => Assert.Equal(-(float)Workers * Steps, value));
        Assert.All(await client.GetStatisticsAsync(StoreSession.Token), s => Assert.Equal(Workers * Steps, s.AppliedSteps));
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Prune_ByMagnitude_DropsSmallRowsOnly(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);
        using Blocks blocks = new();
        NativeBlock values = blocks.Of([0f, 0, 0.5f, -0.5f, 0, 0.6f, float.NaN, 0]);
        await client.WriteRowsAsync(new SparsePush(0, blocks.Of<ulong>([1, 2, 3, 4]), values), StoreSession.Token);

        Assert.Equal(1, await client.PruneAsync(new PruneRequest(0, Epsilon: 0), StoreSession.Token));
        Assert.Equal(1, await client.PruneAsync(new PruneRequest(Epsilon: 0.5), StoreSession.Token));
        Same([0f, 0, 0, 0, 0, 0.6f, float.NaN, 0], await session.PullAsync(0, [1, 2, 3, 4], readOnly: true));
        Assert.Equal(2, await client.PruneAsync(new PruneRequest(All: true), StoreSession.Token));
        Assert.Equal(0, (await client.GetStatisticsAsync(StoreSession.Token)).Sum(s => s.Tables[0].Rows));
        Same([1f, 1], await session.PullAsync(0, [3]));
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task ReadDense_MatrixAndVector_StatesAreInFileOrder(int shardCount)
    {
        StoreLayout layout = Layout() with
        {
            DenseTensors =
            [
                new DenseTensorSpec { Name = "w", Shape = [2, 2], Updater = new PlainMomentum(0) },
                new DenseTensorSpec { Name = "b", Shape = [3, 1], Updater = new PlainMomentum(0) },
            ],
        };
        await using ParameterClient client = await StartAsync(layout, shardCount);
        StoreSession session = new(client);
        await session.PushAsync(Push.Nothing with { Tensor = 0, Dense = [1, 2, 3, 4] });
        await session.PushAsync(Push.Nothing with { Tensor = 1, Dense = [5, 6, 7] });

        // First state: the sum of gradients; second: the number of the step.
        DenseSlice matrix = await client.ReadDenseAsync(0, StoreSession.Token);
        DenseSlice vector = await client.ReadDenseAsync(1, StoreSession.Token);
        Assert.Equal([1f, 2, 1, 1, 3, 4, 1, 1], ToFloats(matrix.States!));
        Assert.Equal([5f, 2, 6, 2, 7, 2], ToFloats(vector.States!));

        await client.WriteDenseAsync(vector with { States = ToBytes([8f, 1, 9, 1, 10, 1]) }, StoreSession.Token);
        await session.PushAsync(Push.Nothing with { Tensor = 1, Dense = [1, 1, 1] });
        DenseSlice changed = await client.ReadDenseAsync(1, StoreSession.Token);
        Assert.Equal([9f, 3, 10, 3, 11, 3], ToFloats(changed.States!));
    }

    [Fact]
    public async Task WriteDense_WrongLength_IsRefusedWithTheName()
    {
        await using ParameterClient client = await StartAsync(Layout(), 2);

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => new StoreSession(client).WriteDenseAsync(0, 1, 2));

        Assert.Contains("'_dense.0.weight': weights of 8 bytes, expected 60", error.Message);
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Exchange_DoublePrecision_EqualsClosedForm(int shardCount)
    {
        StoreLayout layout = Layout();
        layout = layout with { Tables = [layout.Tables[0] with { ElementType = ElementType.Float64 }] };
        await using ParameterClient client = await StartAsync(layout, shardCount);
        using Blocks blocks = new();
        StepExchange exchange = new() { Step = new(layout.RunId, 1, 0, 0, 0) };
        NativeBlock rows = blocks.Zeros<double>(6);
        exchange.SparsePushes.Add(new SparsePush(0, blocks.Of<ulong>([3, 4]), blocks.Of([0.1, 0.2, 0.3, 0.4])));
        exchange.SparsePulls.Add(new SparsePull(0, blocks.Of<ulong>([4, 9, 3]), rows, true, true));

        await client.ExchangeAsync(exchange, StoreSession.Token);

        double[] expected = [1 - (0.5f * 0.3), 1 - (0.5f * 0.4), double.NaN, double.NaN, 1 - (0.5f * 0.1), 1 - (0.5f * 0.2)];
        Assert.Equal(expected, rows.AsSpan<double>().ToArray());
    }

    static ulong[] Subset(Random random)
    {
        ulong[] pool = [.. s_keyPool];
        random.Shuffle(pool);
        return pool[..random.Next(pool.Length)];
    }

    static float[] ToFloats(byte[] bytes) => [.. bytes.Chunk(4).Select(b => BitConverter.ToSingle(b))];

    static byte[] ToBytes(float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
