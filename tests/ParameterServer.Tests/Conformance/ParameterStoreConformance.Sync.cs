using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>Sync mode.</summary>
public abstract partial class ParameterStoreConformance
{
    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Sync_TwoWorkers_EqualOneOnTheConcatenatedBatch(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 2), shardCount);
        StoreSession a = new(client), b = new(client, 1);
        ulong[] keys = [1, 2, 3, 4];

        // Mean gradients over 1 and 3 rows: key 1 only at a, key 2 at both, key 3 only at b.
        Task first = a.PushAsync(new Push([1, 2], [4, 4, 8, 8]) { Rows = 1, Dense = [.. Enumerable.Repeat(4f, 15)] });
        Assert.False(first.IsCompleted);
        await b.PushAsync(new Push([3, 2], [4, 4, 8, 8]) { Rows = 3, Dense = [.. Enumerable.Repeat(8f, 15)] });
        await first;

        // p = 1 − 0.5·(1·gₐ + 3·g_b)/4
        Same([0.5f, 0.5f, -3, -3, -0.5f, -0.5f, 1, 1], await a.PullAsync(0, keys));
        Same([.. Enumerable.Repeat(-3.5f, 15)], await b.PullDenseAsync(0));
        Assert.All(await client.GetStatisticsAsync(StoreSession.Token), s => Assert.Equal(1, s.AppliedSteps));
    }

    [Fact]
    public async Task Sync_AnyNumberOfShards_GivesTheSameBits()
    {
        float[][] results = await Task.WhenAll(new[] { 1, 2, 3, 5 }.Select(RunAsync));

        Assert.All(results, r => Assert.Equal(results[0], r));

        async Task<float[]> RunAsync(int shardCount)
        {
            const int Workers = 3;
            await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, Workers), shardCount);
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(w => Task.Run(() => TrainAsync(client, w))));
            StoreSession session = new(client);
            return [.. await session.PullAsync(1, [.. Enumerable.Range(1, 60).Select(i => (ulong)i)]), .. await session.PullDenseAsync(0)];
        }

        static async Task TrainAsync(ParameterClient client, int worker)
        {
            Random random = new(worker);
            StoreSession session = new(client, worker);
            int steps = 10 + worker;
            for (int t = 0; t < steps; t++)
            {
                ulong[] keys = [.. Enumerable.Range(1, 60).Where(_ => random.Next(3) == 0).Select(k => (ulong)k)];
                await session.PushAsync(new Push(keys, Floats(random, keys.Length * 3))
                {
                    Table = 1,
                    Rows = random.Next(1, 9),
                    Dense = Floats(random, 15),
                    End = t == steps - 1,
                });
            }
        }
    }

    [Fact]
    public async Task Sync_OneContributor_IsNotScaled()
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 3), 2);
        StoreSession a = new(client), b = new(client, 1), c = new(client, 2);
        await b.EndAsync();
        await c.EndAsync();

        await a.PushAsync(new Push([1], [0.1f, 0.3f]) { Rows = 3 });

        Same([1 - (0.5f * 0.1f), 1 - (0.5f * 0.3f)], await a.PullAsync(0, [1]));
    }

    [Fact]
    public async Task Sync_WorkerEndsWhileAnotherWaits_ReleasesIt()
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 2), 3);
        StoreSession a = new(client), b = new(client, 1);

        Task waiting = a.PushAsync(new Push([1], [1, 1]) { Pull = [1] });
        Assert.False(waiting.IsCompleted);
        await b.EndAsync();
        await waiting;

        Same([0.5f, 0.5f], await a.PullAsync(0, [1]));
    }

    [Fact]
    public async Task Sync_WorkerWithoutRows_CountsAsArrived()
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 2), 1);
        StoreSession a = new(client), b = new(client, 1);

        Task waiting = a.PushAsync(new Push([1], [1, 1]) { Rows = 3 });
        await b.PushAsync(Push.Nothing with { Rows = 0 });
        await waiting;
        ShardException error = await Assert.ThrowsAsync<ShardException>(() => b.PushAsync(new Push([1], [1, 1]) { Rows = 0 }));

        Same([0.5f, 0.5f], await a.PullAsync(0, [1]));
        Assert.Contains("partition 1 pushes gradients of 0 rows; sync mode weights by rows", error.Message);
    }

    [Fact]
    public async Task Sync_WorkersAtDifferentSteps_AreRefused()
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 2), 1);
        await client.BeginEpochAsync(1, [4, 5], StoreSession.Token);
        StoreSession a = new(client) { Epoch = 1, NextStep = 4 }, b = new(client, 1) { Epoch = 1, NextStep = 5 };
        Task first = a.PushAsync(Push.Nothing), second = b.PushAsync(Push.Nothing);

        // Whichever comes later is refused.
        Task refused = await Task.WhenAny(first, second);
        ShardException error = await Assert.ThrowsAsync<ShardException>(() => refused);
        await (refused == first ? a : b).EndAsync();
        await (refused == first ? second : first);

        Assert.Contains(
            refused == first ? "sync: partition 0 pushes step 4 while partition 1 waits at step 5" : "sync: partition 1 pushes step 5 while partition 0 waits at step 4",
            error.Message);
    }

    [Fact]
    public async Task Sync_WorkerMissing_TimesOutNamingIt()
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 3), 1, s_impatient);

        ShardException error = await Assert.ThrowsAsync<ShardException>(
            () => new StoreSession(client).PushAsync(new Push([1], [1, 1])));

        Assert.Contains(
            "partition 0 at step 0 waits in sync mode for partitions 1 (next step 0), 2 (next step 0); gave up after 0.05 s", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Sync_CancelledPush_IsWithdrawnAndMayComeAgain(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.Sync, 2), shardCount);
        StoreSession a = new(client), b = new(client, 1);
        using CancellationTokenSource stop = new();
        Task cancelled = a.SendAsync(new Push([1], [8, 8]), 0, 1, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        Task again = a.SendAsync(new Push([1], [2, 2]), 0, 1);
        Assert.False(again.IsCompleted);
        await b.PushAsync(new Push([1], [4, 4]));
        await again;

        Same([1 - (0.5f * 3), 1 - (0.5f * 3)], await a.PullAsync(0, [1]));
    }

    static float[] Floats(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
}
