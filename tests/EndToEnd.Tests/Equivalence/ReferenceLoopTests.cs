using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>One worker with any number of shards is a plain loop over dictionaries.</summary>
public sealed class ReferenceLoopTests
{
    // Single precision over 64 steps; the sums of both sides run in another order. Seen: 4.2e-7 at most.
    const double Tolerance = 5e-6;

    const string Sgd = """{"type":"sgd","learningRate":0.2}""";
    const string AdaGrad = """{"type":"adagrad","learningRate":0.05,"l2":0.001}""";
    const string Adam = """{"type":"adam","learningRate":0.01}""";
    const string OriginalAdam = """{"type":"adam","learningRate":0.01,"biasCorrection":false}""";
    const string Ftrl = """{"type":"ftrl","l1":0.01,"l2":0.5,"alpha":0.3,"beta":1}""";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Sgd, Sgd, TrainingMode.Async, 0)]
    [InlineData(AdaGrad, Adam, TrainingMode.Async, 0)]
    [InlineData(AdaGrad, Adam, TrainingMode.Async, 1)]
    [InlineData(AdaGrad, Adam, TrainingMode.BoundedStaleness, 0)]
    [InlineData(Adam, AdaGrad, TrainingMode.Sync, 0)]
    [InlineData(OriginalAdam, OriginalAdam, TrainingMode.Sync, 0)]
    [InlineData(Ftrl, Adam, TrainingMode.Async, 0)]
    [InlineData(Ftrl, Adam, TrainingMode.Async, 1)]
    [InlineData(Ftrl, Ftrl, TrainingMode.Sync, 0)]
    public async Task Fit_OneWorker_IsThePlainLoop_AndTheSameBitsOnAnyShards(string sparse, string dense, TrainingMode mode, int depth)
    {
        using var folder = new TestFolder();
        MadeUpClick[] rows = MadeUpClicks.Rows(1000);
        LocalDataset dataset = MadeUpClicks.Write(rows, folder["rows.csv"]);
        TorchEstimator estimator = Estimator() with
        {
            SparseUpdater = TensorUpdaterJson.Parse(sparse),
            DenseUpdater = TensorUpdaterJson.Parse(dense),
            Mode = mode,
            PipelineDepth = depth,
        };
        using var reference = new PlainTrainer(estimator);
        reference.Train(rows);

        double largest = 0;
        foreach (int servers in (int[])[1, 2, 5])
        {
            string model = folder[$"model{servers}"];
            await (estimator with { ServerCount = servers, ModelOutPath = model }).FitAsync(dataset, Token);
            largest = Math.Max(AssertTable(reference.Wide, model, "wide"), largest);
            largest = Math.Max(AssertTable(reference.Deep, model, "deep"), largest);
            largest = Math.Max(AssertDense(reference.Dense, model), largest);
            CheckpointContent.AssertClose(folder["model1"], model, tolerance: 0);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"largest difference: {largest:G2}");
    }

    static TorchEstimator Estimator()
    {
        static CombineSchema Schema(string[] columns) => new([.. columns.Select(column => new CombineFeature([column]))]);
        var options = new TwoTableNetworkOptions { Wide = Schema(PlainTrainer.WideColumns), Deep = Schema(PlainTrainer.DeepColumns) };
        return new TorchEstimator(ModuleSpec.Of<TwoTableNetwork>(options))
        {
            Features = new FeatureSpec { Categorical = PlainTrainer.WideColumns, Lists = ["tags"] },
            SparseInitializer = new NormalTensorInitializer(0, 0.1),
            BatchSize = 32,
            TrainingEpochs = 2,
            TorchThreads = 1,
            Seed = 3,
        };
    }

    static double AssertTable(PlainTable expected, string model, string name)
    {
        SortedDictionary<ulong, CheckpointContent.Row> found = CheckpointContent.Rows(model, name);
        Assert.Equal(expected.Rows.Keys.Order(), found.Keys);
        return expected.Rows.Max(row => CheckpointContent.AssertClose(row.Value, found[row.Key].Values, Tolerance, $"table {name}, key {row.Key}"));
    }

    static double AssertDense(Dictionary<string, float[][]> expected, string model)
    {
        SortedDictionary<string, float[]> found = CheckpointContent.Dense(model);
        double largest = 0;
        foreach ((string name, float[][] rows) in expected)
        {
            float[] weights = found[$"tower.{name}__dense_data.dat"];
            int size = weights.Length / rows.Length;
            float[] states = [.. rows.SelectMany(row => row[size..])];
            largest = Math.Max(largest, CheckpointContent.AssertClose([.. rows.SelectMany(row => row[..size])], weights, Tolerance, name));
            if (states.Length > 0)
                largest = Math.Max(largest, CheckpointContent.AssertClose(states, found[$"tower.{name}__dense_state.dat"], Tolerance, $"states of {name}"));
        }

        return largest;
    }
}
