using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Steps;
using MetaSpore.Spark.ParameterServer.Storage;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>Exactly-once steps, attempts, deadlines.</summary>
public abstract partial class ParameterStoreConformance
{
    static readonly ShardOptions s_impatient = new() { WaitTimeout = TimeSpan.FromMilliseconds(50) };

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Exchange_StepRepeated_IsAppliedOnceAndServed(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);
        Push push = new([1, 2, 3], [1, 1, 2, 2, 3, 3]) { Pull = [1] };

        await session.SendAsync(push, step: 0, fingerprint: 77);
        await session.SendAsync(push, step: 0, fingerprint: 77);

        Same([0.5f, 0.5f, 0, 0, -0.5f, -0.5f], await session.PullAsync(0, [1, 2, 3]));
        Assert.All(await client.GetStatisticsAsync(StoreSession.Token), s => Assert.Equal(1, s.AppliedSteps));
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Exchange_StepRepeatedWithOtherContent_StopsTheJob(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(workers: 2), shardCount);
        StoreSession session = new(client);
        await session.SendAsync(Push.Nothing, step: 0, fingerprint: 0xAB);

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => session.SendAsync(Push.Nothing, 0, 0xCD));

        Assert.Contains("input is not deterministic: partition 0 step 0 of epoch 0 was pushed twice with different content", error.Message);
        Assert.Contains("(fingerprint 00000000000000ab, then 00000000000000cd)", error.Message);
        Assert.Contains($" of {shardCount}: ", error.Message);
        ShardException later = await Assert.ThrowsAsync<ShardException>(() => new StoreSession(client, 1).PushAsync(Push.Nothing));
        Assert.Contains("the shard has stopped after an error: input is not deterministic", later.Message);
    }

    [Theory]
    [InlineData(2, "partition 0 pushes step 2 of epoch 0, the shard expects step 1")]
    [InlineData(5, "partition 0 pushes step 5 of epoch 0, the shard expects step 1")]
    public async Task Exchange_StepOutOfOrder_IsRefused(long step, string expected)
    {
        await using ParameterClient client = await StartAsync(Layout(), 2);
        StoreSession session = new(client);
        await session.PushAsync(Push.Nothing);

        ShardException error = await Assert.ThrowsAsync<ShardException>(() => session.SendAsync(Push.Nothing, step, 0));

        Assert.Contains(expected, error.Message);
        await session.PushAsync(Push.Nothing);
    }

    [Fact]
    public async Task Exchange_StepBeforeTheEpochsFirst_IsRefused()
    {
        await using ParameterClient client = await StartAsync(Layout(), 1);
        await client.BeginEpochAsync(3, [10], StoreSession.Token);
        StoreSession session = new(client) { Epoch = 3, NextStep = 10 };

        ShardException early = await Assert.ThrowsAsync<ShardException>(() => session.SendAsync(Push.Nothing, 9, 0));
        await session.PushAsync(Push.Nothing);
        session.Epoch = 2;
        ShardException epoch = await Assert.ThrowsAsync<ShardException>(() => session.SendAsync(Push.Nothing, 11, 0));

        Assert.Contains("partition 0 pushes step 9 of epoch 3, the shard expects step 10", early.Message);
        Assert.Contains("partition 0 pushes a step of epoch 2, the shard is in epoch 3", epoch.Message);
    }

    [Fact]
    public async Task Exchange_EndedPartition_TakesNoStepButARepetition()
    {
        await using ParameterClient client = await StartAsync(Layout(), 3);
        StoreSession session = new(client);
        Push last = new([1], [1, 1]) { End = true };

        await session.SendAsync(last, 0, 7);
        await session.SendAsync(last, 0, 7);
        ShardException error = await Assert.ThrowsAsync<ShardException>(() => session.SendAsync(Push.Nothing, 1, 8));

        Assert.Contains("the shard expects none: the partition has ended", error.Message);
        Same([0.5f, 0.5f], await session.PullAsync(0, [1]));
    }

    [Fact]
    public async Task Exchange_OtherAttempt_IsRefused()
    {
        await using ParameterClient client = await StartAsync(Layout() with { Generation = 2 }, 2);
        StoreSession old = new(client) { Generation = 1 }, later = new(client) { Generation = 3 };

        FencedException push = await Assert.ThrowsAsync<FencedException>(() => old.PushAsync(Push.Nothing));
        FencedException pull = await Assert.ThrowsAsync<FencedException>(() => old.PullAsync(0, [1, 2]));
        ShardException leftOver = await Assert.ThrowsAsync<ShardException>(() => later.PullAsync(0, [1, 2]));

        Assert.Contains("the request is of attempt 1 of the run, attempt 2 has taken over", push.Message);
        Assert.Contains("attempt 2 has taken over", pull.Message);
        Assert.Contains("the shard is left over from attempt 2 of the run, the request is of attempt 3; its process should have ended", leftOver.Message);
        await new StoreSession(client) { Generation = 2 }.PushAsync(Push.Nothing);
    }

    [Fact]
    public async Task Exchange_EndOrMarkerOfAnotherEpoch_IsRefused()
    {
        await using ParameterClient client = await StartAsync(Layout(), 2);
        StoreSession session = new(client);
        await session.EndAsync();
        await client.BeginEpochAsync(1, [0], StoreSession.Token);

        ShardException end = await Assert.ThrowsAsync<ShardException>(session.EndAsync);
        ShardException marker = await Assert.ThrowsAsync<ShardException>(() => session.SendAsync(Push.Nothing with { Snapshot = 4 }, -1, 0));
        session.Epoch = 1;
        await session.PushAsync(Push.Nothing);

        Assert.Contains("partition 0 sends its end of epoch 0, the shard is in epoch 1", end.Message);
        Assert.Contains("partition 0 sends a marker of epoch 0, the shard is in epoch 1", marker.Message);
    }

    [Fact]
    public async Task BeginEpoch_Repeated_DoesNotOpenItAgain()
    {
        await using ParameterClient client = await StartAsync(Layout(), 2);
        StoreSession session = new(client);
        await session.PushAsync(new Push([1], [1, 1]));

        await client.BeginEpochAsync(0, [0], StoreSession.Token);
        ShardException other = await Assert.ThrowsAsync<ShardException>(() => client.BeginEpochAsync(0, [7], StoreSession.Token));
        await session.SendAsync(new Push([1], [1, 1]), 0, 0);

        Assert.Contains("epoch 0 can't begin at steps 7: epoch 0 has begun at steps 0", other.Message);
        Same([0.5f, 0.5f], await session.PullAsync(0, [1]));
    }

    [Fact]
    public async Task Exchange_OtherRun_IsFenced()
    {
        await using ParameterClient client = await StartAsync(Layout(), 1);

        FencedException error = await Assert.ThrowsAsync<FencedException>(
            () => client.ExchangeAsync(new StepExchange { Step = new(Guid.Empty, 1, 0, 0, 0) }, StoreSession.Token).AsTask());

        Assert.Contains("the shard serves run 6f9619ff-8b86-d011-b42d-00c04fc964ff, the request is of run 00000000-", error.Message);
    }

    [Fact]
    public async Task Exchange_RequestThatDoesNotFitTheLayout_ChangesNothing()
    {
        await using ParameterClient client = await StartAsync(Layout(), 1);
        StoreSession session = new(client);

        ShardException rows = await Assert.ThrowsAsync<ShardException>(() => session.PushAsync(new Push([1, 2], [1, 2, 3])));
        ShardException dense = await Assert.ThrowsAsync<ShardException>(() => session.PushAsync(Push.Nothing with { Dense = [1, 2] }));
        ShardException partition = await Assert.ThrowsAsync<ShardException>(() => new StoreSession(client, 4).PushAsync(Push.Nothing));
        ShardException ended = await Assert.ThrowsAsync<ShardException>(
            () => session.PushAsync(new Push([1], [1, 1]) { End = true, Pull = [1] }));

        Assert.Contains("'ctr.user': gradients of 12 bytes, expected 16", rows.Message);
        Assert.Contains("'_dense.0.weight': gradient of 8 bytes, expected 60", dense.Message);
        Assert.Contains("partition 4 of 1 workers", partition.Message);
        Assert.Contains("partition 0 ends and pulls", ended.Message);
        Assert.Equal(0, (await client.GetStatisticsAsync(StoreSession.Token))[0].AppliedSteps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task BoundedStaleness_RandomSchedules_LeadNeverExceedsTheBound(int bound)
    {
        const int Workers = 3, Steps = 40;
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.BoundedStaleness, Workers, bound), 2);
        int[] pushes = new int[Workers];
        int worst = 0;
        Lock gate = new();

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(w => Task.Run(() => RunAsync(w))));

        Assert.InRange(worst, 0, bound);

        async Task RunAsync(int worker)
        {
            Random random = new(worker);
            StoreSession session = new(client, worker);
            int steps = worker == 2 ? Steps / 2 : Steps;
            for (int t = 0; t < steps; t++)
            {
                // The exchange that returned let this worker compute step t: every other has sent t − k pushes or has ended.
                lock (gate) worst = Math.Max(worst, t - pushes.Min());
                for (int spin = random.Next(3); spin > 0; spin--) await Task.Yield();
                bool last = t == steps - 1;
                lock (gate) pushes[worker] = last ? int.MaxValue : t + 1;
                await session.PushAsync(new Push([1], [1, 1]) { End = last, Pull = last ? null : [1, 2] });
            }
        }
    }

    [Fact]
    public async Task BoundedStaleness_WorkerMissing_TimesOutNamingIt()
    {
        await using ParameterClient client = await StartAsync(Layout(TrainingMode.BoundedStaleness, 3, 1), 1, s_impatient);
        StoreSession first = new(client), second = new(client, 1);
        await second.PushAsync(Push.Nothing);
        await first.PushAsync(Push.Nothing with { Pull = [1] });

        ShardException error = await Assert.ThrowsAsync<ShardException>(() => first.PushAsync(Push.Nothing with { Pull = [1] }));

        Assert.IsType<TimeoutException>(error.InnerException);
        Assert.Contains(
            "partition 0 at step 2 waits for the workers that are more than 1 steps behind: partition 2 (next step 0)", error.Message);
        Assert.Contains("gave up after 0.05 s", error.Message);
    }
}
