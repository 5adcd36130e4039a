using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Udfs.Workers;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>The model of a fit that was stopped early.</summary>
public sealed class BestEpochTests
{
    static readonly FeatureSpec s_features = FeatureColumns.Categorical("user", "item").Spec;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fit_WhoseBestEpochIsNotTheLast_WritesThatEpochAlone(bool processes)
    {
        using var log = new ClickLog(600);
        TorchEstimator one = new(ModuleSpec.Of<LogisticRegression>(new LogisticRegressionOptions { Columns = s_features.Schema }))
        {
            Features = s_features,
            ModelOutPath = log.Out("one"),
            BatchSize = 60,
            TorchThreads = 1,
            ServerCount = 2,
            MaxSparseFeatureAge = 3,
            Seed = 5,
            ValidationDataset = log.Rows,
            TrainingMinibatchPreprocessor = Spec<MinibatchPreprocessor>.Of<SpoiledBatches>(new SpoiledBatchesOptions(10)),
        };
        await one.FitAsync(log.Rows, Token);
        TorchEstimator stopped = one with
        {
            ModelOutPath = log.Out("stopped"),
            TrainingEpochs = 5,
            EarlyStopping = new EarlyStopping("logloss", Patience: 2),
            Cluster = processes ? new ClusterOptions { MaxRestarts = 0 } : null,
        };

        TorchModel model = await stopped.FitAsync(log.Rows, Token);

        Assert.Equal((3, 1), (model.Summary!.Epochs, model.Summary.KeptEpoch));
        string[] files = [.. Directory.EnumerateFiles(log.Out("one"), "*.dat").Select(path => Path.GetFileName(path)!)];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(log.Out("one"), file)), File.ReadAllBytes(Path.Combine(log.Out("stopped"), file))));
    }
}
