using Apache.Arrow;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests;

public sealed class TrainingTests
{
    static readonly FeatureSpec s_features =
        FeatureColumns.Categorical("user", "item").Numeric(NumericEncoding.Log2, "price").Cross("user", "item").Spec;

    static TorchEstimator DeepFm(string output, double dropout = 0) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = s_features.Schema, EmbeddingSize = 4, HiddenUnits = [16, 8], Dropout = dropout }))
        {
            Features = s_features,
            ModelOutPath = output,
            BatchSize = 64,
            TorchThreads = 1,
            ShuffleTrainingDataset = true,
            Seed = 5,
        };

    static CheckpointReader Newest(string folder) => new SnapshotStore(folder, 1).OpenNewest()!;

    static Dictionary<string, byte[]> Files(string folder, string pattern = "*.dat") =>
        Directory.EnumerateFiles(folder, pattern).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllBytes);

    [Fact]
    public async Task Fit_OnClicks_LearnsAndScoresInRowOrder()
    {
        using var log = new ClickLog(4000);
        TorchModel model = await (DeepFm(log.Out("model")) with { TrainingEpochs = 3 }).FitAsync(log.Rows, TestContext.Current.CancellationToken);
        EvaluationResult result = await model.EvaluateAsync(log.Rows, TestContext.Current.CancellationToken);
        Assert.Equal(4000, result.Rows);
        Assert.InRange(result.Auc!.Value, 0.75, 1);

        Dataset scored = await TorchModel.Load(log.Out("model")).TransformAsync(log.Rows, TestContext.Current.CancellationToken);
        long rows = 0;
        await foreach (RecordBatch batch in scored.ReadAsync(1000, TestContext.Current.CancellationToken))
        {
            Assert.Equal("rawPrediction", batch.Schema.FieldsList[^1].Name);
            Assert.Equal("label", batch.Schema.FieldsList[^2].Name);
            rows += batch.Length;
        }

        Assert.Equal(4000, rows);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task SyncFit_OnAnyNumberOfShards_GivesTheSameBits(int shards)
    {
        using var log = new ClickLog(1500);
        TorchEstimator one = DeepFm(log.Out("one")) with { Mode = TrainingMode.Sync, WorkerCount = 2 };
        TorchModel first = await one.FitAsync(log.Rows, TestContext.Current.CancellationToken);
        TorchModel second = await (one with { ServerCount = shards, ModelOutPath = log.Out("many") }).FitAsync(log.Rows, TestContext.Current.CancellationToken);
        Dictionary<string, byte[]> dense = Files(first.ModelInPath, "*dense_*.dat"), other = Files(second.ModelInPath, "*dense_*.dat");
        Assert.Equal(dense.Keys.Order(), other.Keys.Order());
        Assert.All(dense, file => Assert.Equal(file.Value, other[file.Key]));

        // The tables too: load into one shard again and save.
        TorchModel merged = await (one with { TrainingEpochs = 1, ModelInPath = first.ModelInPath, ModelOutPath = log.Out("a") }).FitAsync(log.Rows, TestContext.Current.CancellationToken);
        TorchModel mergedMany = await (one with { TrainingEpochs = 1, ModelInPath = second.ModelInPath, ModelOutPath = log.Out("b") }).FitAsync(log.Rows, TestContext.Current.CancellationToken);
        Dictionary<string, byte[]> a = Files(merged.ModelInPath), b = Files(mergedMany.ModelInPath);
        Assert.All(a, file => Assert.Equal(file.Value, b[file.Key]));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 100)]
    [InlineData(1, 100)]
    public async Task Fit_InterruptedAndResumed_GivesTheBitsOfAnUndisturbedOne(int depth, int wholeEvery)
    {
        using var log = new ClickLog(3000);
        TorchEstimator estimator = DeepFm(log.Out("whole"), dropout: 0.2) with
        {
            PipelineDepth = depth,
            TrainingEpochs = 2,
            Checkpoint = new CheckpointOptions(log.Out("whole.checkpoints"), EverySteps: 7),
        };
        await estimator.FitAsync(log.Rows, TestContext.Current.CancellationToken);

        // Fails in the second epoch after its first snapshot, as a crash would; only what was published is left.
        TorchEstimator broken = estimator with
        {
            ModelOutPath = log.Out("resumed"),
            Checkpoint = new CheckpointOptions(log.Out("resumed.checkpoints"), EverySteps: 7, WholeEvery: wholeEvery),
            Observer = new FailingObserver(checkpoints: 9),
        };
        await Assert.ThrowsAsync<InjectedFailureException>(() => broken.FitAsync(log.Rows, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(log.Out("resumed")));
        Assert.Equal(wholeEvery > 1, Newest(log.Out("resumed.checkpoints")).Manifest!.Base is not null);
        await (broken with { Observer = null, Resume = true }).FitAsync(log.Rows, TestContext.Current.CancellationToken);
        Dictionary<string, byte[]> whole = Files(log.Out("whole")), resumed = Files(log.Out("resumed"));
        Assert.Equal(whole.Keys.Order(), resumed.Keys.Order());
        Assert.All(whole, file => Assert.Equal(file.Value, resumed[file.Key]));
    }

    [Fact]
    public async Task Snapshot_Delta_ScoresContinuesAndCountsAsTheWholeOne()
    {
        using var log = new ClickLog(2000);
        TorchEstimator estimator = DeepFm(log.Out("trained")) with { ServerCount = 2 };
        List<string> models = [];
        List<double> losses = [];
        List<long> rows = [];
        foreach (int wholeEvery in (int[])[1, 100])
        {
            TorchEstimator trained = estimator with
            {
                ModelOutPath = log.Out($"trained-{wholeEvery}"),
                Checkpoint = new CheckpointOptions(log.Out($"checkpoints-{wholeEvery}"), EverySteps: 6, Keep: 100, WholeEvery: wholeEvery),
            };
            await trained.FitAsync(log.Rows, TestContext.Current.CancellationToken);
            CheckpointReader snapshot = CheckpointReader.Open(new SnapshotStore(trained.Checkpoint!.Path, 1).PathOf(18));
            Assert.Equal(wholeEvery > 1, snapshot.Manifest!.Base is not null);
            rows.AddRange(snapshot.Tables.Select(snapshot.CountRows));
            losses.Add((await TorchModel.Load(snapshot.Directory).EvaluateAsync(log.Rows, TestContext.Current.CancellationToken)).LogLoss);
            TorchEstimator taken = estimator with { ServerCount = 3, TrainingEpochs = 0, ModelInPath = snapshot.Directory, ModelOutPath = log.Out($"model-{wholeEvery}") };
            models.Add((await taken.FitAsync(log.Rows, TestContext.Current.CancellationToken)).ModelInPath);
        }

        Assert.Equal(losses[0], losses[1]);
        Assert.Equal(rows.Take(rows.Count / 2), rows.Skip(rows.Count / 2));
        Dictionary<string, byte[]> whole = Files(models[0]), delta = Files(models[1]);
        Assert.Equal(whole.Keys.Order(), delta.Keys.Order());
        Assert.All(whole, file => Assert.Equal(file.Value, delta[file.Key]));
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() =>
            TorchModel.Load(new SnapshotStore(log.Out("checkpoints-100"), 1).PathOf(18)).SaveAsync(log.Out("copy"), TestContext.Current.CancellationToken));
        Assert.Contains("beside it and can't be copied alone; copy a finished model or a whole snapshot.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithAnotherBatchSize_IsRefusedByName()
    {
        using var log = new ClickLog(500);
        TorchEstimator estimator = DeepFm(log.Out("model")) with { Checkpoint = new CheckpointOptions(log.Out("checkpoints")) };
        await estimator.FitAsync(log.Rows, TestContext.Current.CancellationToken);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() =>
            (estimator with { BatchSize = 32, Resume = true, Overwrite = true }).FitAsync(log.Rows, TestContext.Current.CancellationToken));
        Assert.Contains("batch size = 64, this job has 32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fit_WithWrongOptions_NamesAllOfThemAtOnce()
    {
        using var log = new ClickLog(10);
        TorchEstimator wrong = DeepFm(log.Out("model")) with { BatchSize = 0, WorkerCount = -1, PipelineDepth = 2, ModelOutPath = null };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => wrong.FitAsync(log.Rows, TestContext.Current.CancellationToken));
        Assert.Equal(
            [
                "BatchSize is 0; expected at least 1.", "WorkerCount is -1; expected at least 1.", "PipelineDepth is 2; expected 0 or 1.",
                "ModelOutPath is not set; expected the folder of the model to write.",
            ],
            error.Problems);
    }

    [Fact]
    public async Task Fit_WithDivergingLoss_NamesTheBatchAndWritesNoModel()
    {
        using var log = new ClickLog(500);
        TorchEstimator diverging = DeepFm(log.Out("model")) with { DenseUpdater = new Model.Updaters.SgdTensorUpdater(1e30f) };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => diverging.FitAsync(log.Rows, TestContext.Current.CancellationToken));
        Assert.Contains("The loss is NaN at epoch 1, step ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(log.Out("model")));
    }

    [Fact]
    public async Task Load_WithAFlippedByte_NamesTheFile()
    {
        using var log = new ClickLog(500);
        await DeepFm(log.Out("model")).FitAsync(log.Rows, TestContext.Current.CancellationToken);
        string file = Path.Combine(log.Out("model"), "embedding__sparse_0.dat");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[200] ^= 1;
        File.WriteAllBytes(file, bytes);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() =>
            TorchModel.Load(log.Out("model")).EvaluateAsync(log.Rows, TestContext.Current.CancellationToken));
        Assert.Contains("embedding__sparse_0.dat", error.Message, StringComparison.Ordinal);
    }
}
