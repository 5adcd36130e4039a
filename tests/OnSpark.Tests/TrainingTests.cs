using Apache.Arrow;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Testing.Stores;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>Training, scoring and evaluation on real Sparks, compared with the embedded engine on the same rows.</summary>
[Collection(nameof(SparkClusters))]
[Trait("Category", SparkDistribution.Category)]
public sealed class TrainingTests(SparkClusters clusters)
{
    const int BatchSize = 64;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static TorchEstimator Job(string output) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = ClickFrame.Features.Schema, EmbeddingSize = 4, HiddenUnits = [16, 8], Dropout = 0.1 }))
        {
            Features = ClickFrame.Features,
            ModelOutPath = output,
            BatchSize = BatchSize,
            TorchThreads = 1,
            ServerCount = 2,
            Seed = 5,
        };

    static SparkDataset Rows(SparkSession spark, ClickFrame log) => new(spark.Read.Parquet(log.Path)) { Label = new LabelRule("clicked") };

    // The rows as one worker gets them, in a file: what an embedded run needs to make the same steps.
    static async Task<LocalDataset> InOrderAsync(SparkSession spark, ClickFrame log, TorchEstimator job)
    {
        DataFrame ordered = EpochOrder.Partition(
            spark.Read.Parquet(log.Path), ["clicked", "item", "price", "user"], new ReadPlan { PartitionCount = 1, Seed = job.Seed, Shuffle = true }, ReplayMode.Exact);
        RecordBatchWriter? writer = null;
        string path = log.Out("ordered.arrow");
        await foreach (RecordBatch rows in ordered.CollectArrowAsync(cancellationToken: Token))
        {
            writer ??= RecordBatchWriter.Create(path, rows.Schema);
            writer.Write(rows);
        }

        writer!.Complete();
        writer.Dispose();
        return LocalDataset.Arrow(path) with { Label = new LabelRule("clicked") };
    }

    static void SameFiles(string expected, string actual)
    {
        string[] files = [.. Directory.EnumerateFiles(expected, "*.dat").Select(path => System.IO.Path.GetFileName(path)!)];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(System.IO.Path.Combine(expected, file)), File.ReadAllBytes(System.IO.Path.Combine(actual, file))));
    }

    [Theory]
    [MemberData(nameof(SparkClusters.All), MemberType = typeof(SparkClusters))]
    public async Task Fit_WithOneWorker_HasTheBitsOfTheEmbeddedRun(string version, string master)
    {
        SparkSession spark = await clusters.OpenAsync(version, master);
        using ClickFrame log = new(3000);
        TorchEstimator job = Job(log.Out("spark")) with { ShuffleTrainingDataset = true };

        await job.FitAsync(Rows(spark, log), Token);
        await (job with { ModelOutPath = log.Out("embedded"), ShuffleTrainingDataset = false }).FitAsync(await InOrderAsync(spark, log, job), Token);

        SameFiles(log.Out("embedded"), log.Out("spark"));
    }

    [Theory]
    [MemberData(nameof(SparkClusters.All), MemberType = typeof(SparkClusters))]
    public async Task Model_ScoresDataFramesAfterItsShardsHaveEnded(string version, string master)
    {
        SparkSession spark = await clusters.OpenAsync(version, master);
        using ClickFrame log = new(3000), other = new(500, seed: 2);
        TorchEstimator job = Job(log.Out("model")) with { WorkerCount = 2, TrainingEpochs = 2, ValidationDataset = Rows(spark, other), TestDataset = Rows(spark, other) };
        TorchModel model = await job.FitAsync(Rows(spark, log), Token);

        DataFrame scored = await model.TransformAsync(spark.Read.Parquet(other.Path), Token);
        Dictionary<(string, string, double), double> found = [];
        foreach (Row row in await scored.CollectAsync(Token)) found[((string)row["user"]!, (string)row["item"]!, (double)row["price"]!)] = (double)row["rawPrediction"]!;
        EvaluationResult onSpark = await model.EvaluateAsync(Rows(spark, other), Token);
        EvaluationResult local = await model.EvaluateAsync(LocalDataset.Parquet(other.Path) with { Label = new LabelRule("clicked") }, Token);
        double auc = await new BinaryClassificationEvaluator().EvaluateAsync(scored, Token);

        Assert.Equal(["user", "item", "price", "clicked", "label", "rawPrediction"], await scored.ColumnsAsync(Token));
        await foreach (RecordBatch rows in (await model.TransformAsync(LocalDataset.Parquet(other.Path) with { Label = new LabelRule("clicked") }, Token)).ReadAsync(cancellationToken: Token))
        {
            for (int i = 0; i < rows.Length; i++)
            {
                string user = ((StringArray)rows.Column("user")).GetString(i), item = ((StringArray)rows.Column("item")).GetString(i);
                double price = ((DoubleArray)rows.Column("price")).GetValue(i)!.Value;
                Assert.Equal(((DoubleArray)rows.Column("rawPrediction")).GetValue(i)!.Value, found[(user, item, price)], 1e-6);
            }
        }

        Assert.Equal(500, onSpark.Rows);
        // Batches of other rows round otherwise, and may swap a pair of equal scores.
        Assert.Equal(local.Auc!.Value, onSpark.Auc!.Value, 1e-4);
        Assert.Equal(local.Auc!.Value, auc, 1e-4);
        Assert.Equal(onSpark.Auc!.Value, model.Summary!.Test!.Auc!.Value, 1e-4);
        Assert.True(auc > 0.6, $"AUC {auc}");
    }

    [Fact]
    public async Task Fit_WithADriverThatCantReachExecutors_HasTheSameBits()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local[4]");
        using ClickFrame log = new(2000);
        TorchEstimator job = Job(log.Out("direct")) with { ShuffleTrainingDataset = true, Checkpoint = new CheckpointOptions(log.Out("snapshots"), EverySteps: 7) };

        await job.FitAsync(Rows(spark, log), Token);
        await (job with { ModelOutPath = log.Out("relayed"), Spark = new SparkOptions { ConnectToExecutors = false }, Checkpoint = new CheckpointOptions(log.Out("others"), EverySteps: 7) })
            .FitAsync(Rows(spark, log), Token);

        SameFiles(log.Out("direct"), log.Out("relayed"));
    }

    [Fact]
    public async Task Pipeline_OfAQueryAndAnEstimator_IsSavedAndScoresAfterLoading()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local[4]");
        using ClickFrame log = new(1500);
        TorchEstimator job = Job(log.Out("model")) with { Spark = new SparkOptions { Replay = ReplayMode.Epoch } };
        var pipeline = new Pipeline([new SqlTransformer("SELECT user, item, price * 2 AS price, clicked FROM __THIS__ WHERE price < 90"), job]);

        PipelineModel model = await pipeline.FitAsync(Rows(spark, log), Token);
        await model.SaveAsync(log.Out("saved"), Token);
        double auc = await new BinaryClassificationEvaluator().EvaluateAsync(await model.TransformAsync(Rows(spark, log), Token), Token);
        double loaded = await new BinaryClassificationEvaluator().EvaluateAsync(await (await PipelineModel.LoadAsync(log.Out("saved"), Token)).TransformAsync(Rows(spark, log), Token), Token);

        Assert.True(auc > 0.55, $"AUC {auc}");
        Assert.Equal(auc, loaded, 1e-4);
        BadInputException taken = await Assert.ThrowsAsync<BadInputException>(() => model.SaveAsync(log.Out("saved"), Token));
        Assert.Equal($"'{log.Out("saved")}' exists and is not empty; choose another folder.", taken.Message);
        BadInputException none = await Assert.ThrowsAsync<BadInputException>(() => PipelineModel.LoadAsync(log.Out("nothing"), Token));
        Assert.Equal($"'{log.Out("nothing")}' is no pipeline: it has no pipeline.json; check the path, or save the pipeline again.", none.Message);
    }

    [Theory]
    [InlineData("s3")]
    [InlineData("hdfs")]
    public async Task Fit_ToRemoteStorage_HasTheSameBitsAndScoresFromThere(string kind)
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local-cluster[2,2,1024]");
        using ClickFrame log = new(2000);
        string place = TestStores.NewLocation(kind);
        TorchEstimator job = Job(log.Out("local")) with { ShuffleTrainingDataset = true, Checkpoint = new CheckpointOptions(log.Out("snapshots"), EverySteps: 10) };

        await job.FitAsync(Rows(spark, log), Token);
        TorchModel model = await (job with { ModelOutPath = $"{place}/model", Checkpoint = new CheckpointOptions($"{place}/snapshots", EverySteps: 10), Spark = new SparkOptions { Storage = $"{place}/shared" } })
            .FitAsync(Rows(spark, log), Token);
        await model.SaveAsync(log.Out("copy"), Token);

        SameFiles(log.Out("local"), Assert.Single(Directory.GetDirectories(log.Out("copy"), "data-*")));
        Assert.Equal(2000, (await model.EvaluateAsync(Rows(spark, log), Token)).Rows);
    }

    [Theory]
    [MemberData(nameof(SparkClusters.All), MemberType = typeof(SparkClusters))]
    public async Task Fit_WithALabelThatIsNone_IsRefusedWithTheRow(string version, string master)
    {
        SparkSession spark = await clusters.OpenAsync(version, master);
        using ClickFrame log = new(200);
        SparkDataset rows = new(spark.Read.Parquet(log.Path).WithColumn("clicked", Functions.Expr("if(price > 50, 7, clicked)"))) { Label = new LabelRule("clicked") };

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => Job(log.Out("model")).FitAsync(rows, Token));

        Assert.Matches("""^partition 0, row \d+ \(counted from 0\), column 'clicked': .*7""", error.Message);
        Assert.False(Directory.Exists(log.Out("model")));
    }

    [Fact]
    public async Task Fit_WithAColumnThatIsNotThere_IsRefusedBeforeTheStart()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local[4]");
        using ClickFrame log = new(100);
        SparkDataset rows = new(spark.Read.Parquet(log.Path).Drop("item")) { Label = new LabelRule("clicked") };

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => Job(log.Out("model")).FitAsync(rows, Token));

        Assert.Contains("The DataFrame has no column 'item'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fit_WithMoreWorkersThanSlots_IsRefusedBeforeTheStart()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local[4]");
        using ClickFrame log = new(100);

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => (Job(log.Out("model")) with { WorkerCount = 5 }).FitAsync(Rows(spark, log), Token));

        Assert.Equal(
            "Spark (local[4]) runs 4 tasks at once; 5 workers and 2 servers need 5. Give it more executors or cores "
            + "(spark.executor.instances, spark.executor.cores; local[n]), or train with fewer.",
            error.Message);
    }
}
