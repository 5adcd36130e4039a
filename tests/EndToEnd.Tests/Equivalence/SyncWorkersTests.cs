using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>
/// In mode sync W workers with batches of B rows are one worker with batches of W·B rows: tables, dense tensors, states, and
/// the moving averages of the input normalisation.
/// </summary>
public sealed class SyncWorkersTests
{
    // Single precision: a gradient is one mean over W·B rows, or a weighted mean of W means. Seen: 1.2e-6 at most.
    const double Tolerance = 1e-5;

    // The last step of an epoch has 32, 8 and 0 rows with 3 workers, and some or none with 2 and 4.
    const int Rows = 1000;
    const int BatchSize = 32;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"type":"sgd","learningRate":0.2}""", 2, 1, false)]
    [InlineData("""{"type":"adagrad","learningRate":0.05}""", 3, 2, true)]
    [InlineData("""{"type":"adam","learningRate":0.01}""", 3, 5, false)]
    [InlineData("""{"type":"ftrl","l1":0.01,"l2":0.5,"alpha":0.3,"beta":1}""", 4, 2, true)]
    public async Task Fit_SyncWorkers_IsOneWorkerOnTheConcatenatedBatches(string updater, int workers, int servers, bool shuffle)
    {
        using var folder = new TestFolder();
        LocalDataset dataset = MadeUpClicks.Write(MadeUpClicks.Rows(Rows), folder["rows.csv"]);
        var features = new FeatureSpec { Categorical = PlainTrainer.WideColumns, Lists = ["tags"], Crosses = [new CombineFeature(["user", "item"])] };
        var one = new TorchEstimator(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = features.Schema, EmbeddingSize = 4, HiddenUnits = [8], InputNormalization = true }))
        {
            Features = features,
            SparseUpdater = TensorUpdaterJson.Parse(updater),
            BatchSize = workers * BatchSize,
            TrainingEpochs = 3,
            ShuffleTrainingDataset = shuffle,
            TorchThreads = 1,
            ModelOutPath = folder["one"],
        };
        TorchEstimator many = one with
        {
            BatchSize = BatchSize,
            WorkerCount = workers,
            ServerCount = servers,
            Mode = TrainingMode.Sync,
            ModelOutPath = folder["many"],
        };

        await one.FitAsync(dataset, Token);
        await many.FitAsync(dataset, Token);

        double largest = CheckpointContent.AssertClose(folder["one"], folder["many"], Tolerance);
        TestContext.Current.TestOutputHelper!.WriteLine($"largest difference: {largest:G2}");
    }
}
