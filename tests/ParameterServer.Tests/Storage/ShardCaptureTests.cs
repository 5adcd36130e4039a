using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Storage;

public sealed class ShardCaptureTests
{
    static readonly Guid s_run = Guid.NewGuid();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TrainingMode.Async)]
    [InlineData(TrainingMode.BoundedStaleness)]
    [InlineData(TrainingMode.Sync)]
    public async Task Capture_Markers_HoldsEveryStreamUntilItIsCapturedAndNotWhileItIsWritten(TrainingMode mode)
    {
        using Shard shard = Start(mode, workers: 2);
        TaskCompletionSource writing = new(), written = new();
        int captured = 0;
        Task<ShardSnapshot> save = shard.CaptureAsync(
            At(5),
            async (_, _) =>
            {
                captured++;
                writing.SetResult();
                await written.Task;
                return [];
            },
            Token).AsTask();

        Task a0 = Send(shard, 0, 0).AsTask(), b0 = Send(shard, 1, 0).AsTask();
        await Task.WhenAll(a0, b0);
        Assert.False(writing.Task.IsCompleted);
        Task a1 = Send(shard, 0, 1, snapshot: 5).AsTask();
        Assert.Equal(0, captured);
        Task b1 = Send(shard, 1, 1, snapshot: 5).AsTask();
        await writing.Task;
        Task a2 = Send(shard, 0, 2).AsTask(), b2 = Send(shard, 1, 2).AsTask();
        await Task.WhenAll(a1, b1, a2, b2);
        Assert.False(save.IsCompleted);
        written.SetResult();
        ShardSnapshot snapshot = await save;

        Assert.Equal([2L, 2], snapshot.NextSteps);
        Assert.Equal([false, false], snapshot.Ended);
        Assert.Equal(mode == TrainingMode.Sync ? 2 : 4, snapshot.AppliedSteps);
        Assert.Equal(1, captured);
    }

    [Fact]
    public async Task Capture_PartitionEnds_CountsAsArrived()
    {
        using Shard shard = Start(TrainingMode.Async, workers: 2);
        Task a = Send(shard, 0, 0, snapshot: 1).AsTask();
        Task<ShardSnapshot> save = shard.CaptureAsync(At(1), Nothing, Token).AsTask();
        Assert.False(save.IsCompleted || a.IsCompleted);

        await Send(shard, 1, 0, end: true);

        ShardSnapshot snapshot = await save;
        await a;
        Assert.Equal([1L, 1], snapshot.NextSteps);
        Assert.Equal([false, true], snapshot.Ended);
    }

    [Fact]
    public async Task Dispose_WhileACaptureIsWritten_EndsItFirst()
    {
        Shard shard = Start(TrainingMode.Async, workers: 1);
        TaskCompletionSource writing = new();
        Task<ShardSnapshot> save = shard.CaptureAsync(
            At(0),
            async (_, token) =>
            {
                writing.SetResult();
                await Task.Delay(Timeout.Infinite, token);
                return [];
            },
            Token).AsTask();
        await writing.Task;

        shard.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => save);
        shard.Dispose();
    }

    [Fact]
    public async Task Capture_Fails_ReleasesTheStreams()
    {
        using Shard shard = Start(TrainingMode.Async, workers: 1);
        Task held = Send(shard, 0, 0, snapshot: 1).AsTask();

        await Assert.ThrowsAsync<IOException>(() => shard.CaptureAsync(At(1), (_, _) => throw new IOException("disk full"), Token).AsTask());

        await held;
        await Send(shard, 0, 1);
    }

    [Fact]
    public async Task Capture_Repeated_ReturnsTheFirstResult()
    {
        using Shard shard = Start(TrainingMode.Async, workers: 1);
        Task held = Send(shard, 0, 0, snapshot: 1).AsTask();
        ShardSnapshot first = await shard.CaptureAsync(At(1), Nothing, Token);
        await held;
        await Send(shard, 0, 1, end: true);

        Assert.Same(first, await shard.CaptureAsync(At(1), (_, _) => throw new InvalidOperationException("captured twice"), Token));
        await shard.CaptureAsync(At(2), Nothing, Token);
        InvalidOperationException late = await Assert.ThrowsAsync<InvalidOperationException>(() => shard.CaptureAsync(At(1), Nothing, Token).AsTask());

        Assert.Equal("snapshot 1 is over: it was captured before snapshot 2, or failed", late.Message);
    }

    [Fact]
    public async Task Capture_MarkerMissing_TimesOutNamingThePartition()
    {
        using Shard shard = Start(TrainingMode.Async, workers: 2, TimeSpan.FromMilliseconds(50));
        Task held = Send(shard, 0, 0, snapshot: 7).AsTask();

        TimeoutException save = await Assert.ThrowsAsync<TimeoutException>(() => shard.CaptureAsync(At(7), Nothing, Token).AsTask());
        TimeoutException stream = await Assert.ThrowsAsync<TimeoutException>(() => held);

        Assert.Contains("snapshot 7 waits for the markers of partition", save.Message);
        Assert.Contains("partition 0 at its marker of snapshot 7 waits for partition 1 (next step 0)", stream.Message);
    }

    [Fact]
    public async Task Capture_NobodyAsks_TimesOutSayingSo()
    {
        using Shard shard = Start(TrainingMode.Async, workers: 1, TimeSpan.FromMilliseconds(50));

        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => Send(shard, 0, 0, snapshot: 2).AsTask());

        Assert.Contains("partition 0 at its marker of snapshot 2 waits for the snapshot to be asked for", error.Message);
    }

    [Fact]
    public async Task Capture_AtRest_RunsAtOnce()
    {
        using Shard shard = Start(TrainingMode.Async, workers: 1);
        await Send(shard, 0, 0);

        ShardSnapshot snapshot = await shard.CaptureAsync(At(0), Nothing, Token);

        Assert.Equal([1L], snapshot.NextSteps);
        Assert.Equal(0, snapshot.Dense[0].Tensor);
        Assert.Equal(4, snapshot.Dense[0].Values.Length);
    }

    static SnapshotRequest At(long snapshot) => new(snapshot, "");

    static ValueTask<IReadOnlyList<CheckpointFile>> Nothing(IReadOnlyList<TableCapture> tables, CancellationToken token) => new([]);

    static Shard Start(TrainingMode mode, int workers, TimeSpan? timeout = null)
    {
        StoreLayout layout = new()
        {
            RunId = s_run,
            Mode = mode,
            WorkerCount = workers,
            StalenessBound = 1,
            Tables = [],
            DenseTensors = [new DenseTensorSpec { Name = "w", Shape = [1, 1], Updater = new PlainSgd(1) }],
        };
        Shard shard = new(layout, 0, 1, new ShardOptions { WaitTimeout = timeout ?? TimeSpan.FromMinutes(1) });
        shard.BeginEpoch(0, new long[workers]);
        return shard;
    }

    static ValueTask Send(Shard shard, int partition, long step, long snapshot = 0, bool end = false) => shard.ExchangeAsync(
        new StepExchange
        {
            Step = new StepKey(s_run, 1, 0, partition, step),
            Fingerprint = (ulong)step,
            RowCount = 1,
            SnapshotId = snapshot,
            EndOfPartition = end,
        },
        Token);
}
