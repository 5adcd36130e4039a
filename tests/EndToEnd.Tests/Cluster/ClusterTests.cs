using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.Cluster;

/// <summary>Shards and workers as processes: the bits of threads, the loss of each role, and no process left behind.</summary>
[Collection(nameof(ClusterTests))]
[CollectionDefinition(nameof(ClusterTests), DisableParallelization = true)]
public sealed class ClusterTests
{
    static readonly FeatureSpec s_features = FeatureColumns.Categorical("user", "item").Numeric(NumericEncoding.Log2, "price").Spec;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static TorchEstimator Job(string output) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = s_features.Schema, EmbeddingSize = 4, HiddenUnits = [16, 8], Dropout = 0.1 }))
        {
            Features = s_features,
            ModelOutPath = output,
            BatchSize = 64,
            TorchThreads = 1,
            TrainingEpochs = 2,
            ShuffleTrainingDataset = true,
            Seed = 5,
        };

    static void SameFiles(string expected, string actual)
    {
        string[] files = [.. Directory.EnumerateFiles(expected, "*.dat").Select(path => Path.GetFileName(path)!)];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(expected, file)), File.ReadAllBytes(Path.Combine(actual, file))));
    }

    static void NoChildren() =>
        Assert.All((string[])["worker", "serve-shard"], verb => Assert.Empty(ChildProcesses.Of(Environment.ProcessId, verb)));

    [Theory]
    [InlineData(TrainingMode.Async, 1, 0, false)]
    [InlineData(TrainingMode.Async, 1, 1, true)]
    [InlineData(TrainingMode.Sync, 2, 0, false)]
    public async Task Fit_WithProcesses_GivesTheBitsOfThreads(TrainingMode mode, int workers, int depth, bool tls)
    {
        using var log = new ClickLog(1500);
        TorchEstimator threads = Job(log.Out("threads")) with
        {
            Mode = mode,
            WorkerCount = workers,
            ServerCount = 2,
            PipelineDepth = depth,
            ValidationDataset = log.Rows,
            TestDataset = log.Rows,
        };
        TorchModel expected = await threads.FitAsync(log.Rows, Token);
        TorchEstimator processes = threads with { ModelOutPath = log.Out("processes"), Cluster = new ClusterOptions { Tls = tls, MaxRestarts = 0 } };
        TorchModel actual = await processes.FitAsync(log.Rows, Token);

        SameFiles(expected.ModelInPath, actual.ModelInPath);
        Assert.Equal(expected.Summary!.Validation!.LogLoss, actual.Summary!.Validation!.LogLoss);
        Assert.Equal(expected.Summary!.Test!.Auc, actual.Summary!.Test!.Auc);
        Assert.Equal(expected.Summary!.Train!.Auc, actual.Summary!.Train!.Auc);
        NoChildren();
    }

    [Theory]
    [InlineData("worker", "worker 0")]
    [InlineData("serve-shard", "shard ")]
    public async Task Fit_WhoseProcessIsKilled_GoesOnAndGivesTheBitsOfAnUndisturbedOne(string verb, string name)
    {
        using var log = new ClickLog(1500);
        TorchModel expected = await Job(log.Out("whole")).FitAsync(log.Rows, Token);
        var observer = new KillingObserver(verb, afterEpoch: 1);
        TorchModel actual = await (Job(log.Out("killed")) with { Cluster = new ClusterOptions(), Observer = observer }).FitAsync(log.Rows, Token);

        SameFiles(expected.ModelInPath, actual.ModelInPath);
        string message = Assert.Single(observer.Messages, text => text.Contains("lost", StringComparison.Ordinal));
        Assert.StartsWith($"The job lost a process: {name}", message, StringComparison.Ordinal);
        Assert.Contains("was ended by signal 9. It logged nothing.", message, StringComparison.Ordinal);
        Assert.EndsWith("Going on from the last snapshot with new processes (restart 1 of 3).", message, StringComparison.Ordinal);
        Assert.Equal([TrainingOutcome.Completed], observer.Ends);
        Assert.Equal(1, observer.Starts);
        NoChildren();
    }

    [Fact]
    public async Task Fit_WhoseShardIsKilledAfterDeltas_GoesOnFromThem()
    {
        using var log = new ClickLog(1500);
        TorchModel expected = await (Job(log.Out("whole")) with { ServerCount = 2 }).FitAsync(log.Rows, Token);
        var observer = new KillingObserver("serve-shard", afterEpoch: 1);
        TorchEstimator job = Job(log.Out("killed")) with
        {
            ServerCount = 2,
            Cluster = new ClusterOptions(),
            Observer = observer,
            Checkpoint = new CheckpointOptions(log.Out("checkpoints"), EverySteps: 5, WholeEvery: 100),
        };
        TorchModel actual = await job.FitAsync(log.Rows, Token);

        SameFiles(expected.ModelInPath, actual.ModelInPath);
        Assert.Contains(observer.Messages, text => text.EndsWith("(restart 1 of 3).", StringComparison.Ordinal));
        CheckpointReader newest = new SnapshotStore(log.Out("checkpoints"), 1).OpenNewest()!;
        Assert.NotNull(newest.Manifest!.Base);
        Assert.Equal(2, newest.Manifest.Generation);
        await newest.VerifyAsync(Token);
        NoChildren();
    }

    [Fact]
    public async Task Fit_WhoseInputChangesBeforeTheNextGeneration_NamesTheFile()
    {
        using var log = new ClickLog(1500);
        string rows = Path.Combine(log.Folder, "rows.csv");
        long length = new FileInfo(rows).Length;
        var observer = new KillingObserver("worker", afterEpoch: 1, () => File.AppendAllText(rows, "u1,i1,2,1\n"));
        TorchEstimator job = Job(log.Out("changed")) with { Cluster = new ClusterOptions(), Observer = observer };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => job.FitAsync(log.Rows, Token));
        Assert.Contains($"can't be resumed: the input file 'rows.csv' was changed: it had {length} bytes and has {length + 10}. ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(log.Out("changed")));
        NoChildren();
    }

    [Fact]
    public async Task Fit_WithoutRestartsLeft_SaysWhichProcessWasLost()
    {
        using var log = new ClickLog(1500);
        var observer = new KillingObserver("serve-shard", afterEpoch: 1);
        TorchEstimator job = Job(log.Out("killed")) with { Cluster = new ClusterOptions { MaxRestarts = 0 }, Observer = observer };
        ProcessLostException error = await Assert.ThrowsAsync<ProcessLostException>(() => job.FitAsync(log.Rows, Token));
        Assert.Matches(@"^The job lost a process: shard 0 \(process \d+\) was ended by signal 9\. It logged nothing\.\nIts whole log: .*shard-0\.log$", error.Message);
        Assert.Equal([TrainingOutcome.Failed], observer.Ends);
        Assert.False(Directory.Exists(log.Out("killed")));
        NoChildren();
    }

    [Fact]
    public async Task Fit_WhoseWorkerFindsBadInput_FailsWithItsMessage()
    {
        using var log = new ClickLog(600);
        File.AppendAllText(Path.Combine(log.Folder, "rows.csv"), "u1,i1,3\n");
        TorchEstimator job = Job(log.Out("bad")) with { Cluster = new ClusterOptions() };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => job.FitAsync(log.Rows, Token));
        Assert.StartsWith(Path.Combine(log.Folder, "rows.csv"), error.Message, StringComparison.Ordinal);
        Assert.Contains("602", error.Message, StringComparison.Ordinal);
        NoChildren();
    }

    [Fact]
    public async Task Fit_WhoseShardsAreTooSmall_SaysSo()
    {
        using var log = new ClickLog(600);
        TorchEstimator job = Job(log.Out("small")) with { Cluster = new ClusterOptions { ServerMemory = 4096 } };
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => job.FitAsync(log.Rows, Token));
        Assert.StartsWith("worker 0: shard 0 of 1: table 'embedding' holds 0 ", error.Message, StringComparison.Ordinal);
        NoChildren();
    }
}
