using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.Testing.Stores;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>Whole runs whose checkpoints and models are on remote storage.</summary>
public sealed class RemoteStorageTests : IDisposable
{
    static readonly FeatureSpec s_features = FeatureColumns.Categorical("user", "item").Numeric(NumericEncoding.Log2, "price").Spec;

    readonly ClickLog _log = new(2000);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static TorchEstimator Job(string output) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = s_features.Schema, EmbeddingSize = 4, HiddenUnits = [16, 8], Dropout = 0.1 }))
        {
            Features = s_features,
            ModelOutPath = output,
            BatchSize = 64,
            TorchThreads = 1,
            ServerCount = 2,
            TrainingEpochs = 2,
            ShuffleTrainingDataset = true,
            Seed = 5,
        };

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData("s3", 1)]
    [InlineData("s3a", 100)]
    [InlineData("hdfs", 100)]
    public async Task Fit_InterruptedAndResumed_GivesTheBitsOfAnUndisturbedLocalOne(string kind, int wholeEvery)
    {
        string place = TestStores.NewLocation(kind), snapshots = $"{place}/checkpoints", model = $"{place}/model";
        TorchEstimator local = Job(_log.Out("local")) with { ValidationDataset = _log.Rows, Checkpoint = new CheckpointOptions(_log.Out("local.checkpoints"), EverySteps: 7) };
        await local.FitAsync(_log.Rows, Token);
        TorchEstimator broken = local with
        {
            ModelOutPath = model,
            Checkpoint = new CheckpointOptions(snapshots, EverySteps: 7, WholeEvery: wholeEvery),
            Observer = new FailingObserver(checkpoints: 7),
        };
        await Assert.ThrowsAsync<InjectedFailureException>(() => broken.FitAsync(_log.Rows, Token));
        Assert.False(CheckpointReader.Exists(model));
        Assert.Equal(wholeEvery > 1, new SnapshotStore(snapshots, 1).OpenNewest()!.Manifest!.Base is not null);
        TorchModel trained = await (broken with { Observer = null, Resume = true }).FitAsync(_log.Rows, Token);
        Assert.Equal(model, trained.ModelInPath);
        SameFiles(_log.Out("local"), model);
        Assert.Equal((await TorchModel.Load(_log.Out("local")).EvaluateAsync(_log.Rows, Token)).LogLoss, (await TorchModel.Load(model).EvaluateAsync(_log.Rows, Token)).LogLoss);

        await trained.SaveAsync(_log.Out("copy"), Token);
        await TorchModel.Load(_log.Out("local")).SaveAsync($"{place}/copy", Token);
        SameFiles(_log.Out("copy"), $"{place}/copy");
        BadInputException taken = await Assert.ThrowsAsync<BadInputException>(() => trained.SaveAsync($"{place}/copy", Token));
        Assert.Equal($"'{place}/copy' exists and is not empty; choose another folder.", taken.Message);
    }

    [Fact]
    public async Task Fit_WithoutCheckpoints_LeavesTheModelAlone()
    {
        string place = TestStores.NewLocation("s3");
        TorchEstimator job = Job($"{place}/first") with { ValidationDataset = _log.Rows };
        TorchModel first = await job.FitAsync(_log.Rows, Token);
        TorchModel second = await (job with { ModelInPath = first.ModelInPath, ModelOutPath = $"{place}/second" }).FitAsync(_log.Rows, Token);
        Assert.All(await ObjectFolder.Open(place).ListAsync("", Token), one => Assert.Matches("^(first|second)/(manifest.json|data-[0-9a-f]{8}/[^/]+)$", one.Name));
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => job.FitAsync(_log.Rows, Token));
        Assert.Equal($"ModelOutPath '{place}/first' exists; choose another place or set Overwrite.", error.Message);
        await (job with { Overwrite = true }).FitAsync(_log.Rows, Token);
        await CheckpointReader.Open(first.ModelInPath).VerifyAsync(Token);
        Assert.Equal(2000, (await second.EvaluateAsync(_log.Rows, Token)).Rows);
    }

    [Fact]
    public async Task Fit_PlacesThatCantBe_SaysSo()
    {
        BadInputException inside = await Assert.ThrowsAsync<BadInputException>(() => (Job("s3://tests/a") with { Checkpoint = new CheckpointOptions("s3://tests/a/b") }).FitAsync(_log.Rows, Token));
        Assert.Contains("ModelOutPath 's3://tests/a' and the checkpoint folder 's3://tests/a/b' overlap; use separate folders.", inside.Message, StringComparison.Ordinal);
        BadInputException unknown = await Assert.ThrowsAsync<BadInputException>(() => Job("gs://tests/a").FitAsync(_log.Rows, Token));
        Assert.Contains("'gs://tests/a': expected a path, s3://, s3a:// or hdfs://, found 'gs://'", unknown.Message, StringComparison.Ordinal);
        _ = TestStores.S3;
        BadInputException absent = await Assert.ThrowsAsync<BadInputException>(() => Job("s3://absent/a").FitAsync(_log.Rows, Token));
        Assert.Contains("there is no bucket 'absent'", absent.Message, StringComparison.Ordinal);
    }

    static void SameFiles(string expected, string actual)
    {
        (string from, IReadOnlyList<CheckpointFile> files) = Files(expected);
        (string to, IReadOnlyList<CheckpointFile> found) = Files(actual);
        Assert.Equal(files.Where(IsData), found.Where(IsData));
        foreach (CheckpointFile file in files.Where(IsData))
            Assert.Equal(ObjectFolder.Open(from).TryGetAsync(file.Name, Token).GetAwaiter().GetResult(), ObjectFolder.Open(to).TryGetAsync(file.Name, Token).GetAwaiter().GetResult());
    }

    static bool IsData(CheckpointFile file) => file.Name.EndsWith(".dat", StringComparison.Ordinal);

    static (string Folder, IReadOnlyList<CheckpointFile> Files) Files(string path)
    {
        CheckpointManifest manifest = CheckpointReader.Open(path).Manifest!;
        return (manifest.DataFolder is { } name ? StorageLocation.Join(path, name) : path, manifest.Files);
    }
}
