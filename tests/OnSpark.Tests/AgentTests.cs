using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>Agents of a fit whose workers are tasks in executors of their own.</summary>
[Collection(nameof(SparkClusters))]
[Trait("Category", SparkDistribution.Category)]
public sealed class AgentTests(SparkClusters clusters)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static TorchEstimator Job(ClickFrame log, int failingWorker = -1) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = ClickFrame.Features.Schema, EmbeddingSize = 4, HiddenUnits = [8] }))
        {
            Features = ClickFrame.Features,
            ModelOutPath = log.Out("model"),
            BatchSize = 64,
            TorchThreads = 1,
            WorkerCount = 2,
            ServerCount = 2,
            TrainingEpochs = 2,
            Seed = 5,
            AgentClass = Spec<TorchAgent>.Of<TalkingAgent>(new TalkingAgentOptions(log.Out("seen"), failingWorker)),
        };

    static SparkDataset Rows(SparkSession spark, ClickFrame log) => new(spark.Read.Parquet(log.Path)) { Label = new LabelRule("clicked") };

    [Fact]
    public async Task Fit_WithAgents_TheyTalkAndMakeTheSteps()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local-cluster[2,2,1024]");
        using ClickFrame log = new(600);
        TorchEstimator job = Job(log);

        await job.FitAsync(Rows(spark, log), Token);

        Assert.Equal(
            [
                "worker 0 of TalkingAgent at step 0", "worker 1 of TalkingAgent at step 0",
                "worker 1 failed in \"unknown\": no unknown", "4 starts", "1200 rows",
            ],
            await File.ReadAllLinesAsync(log.Out("seen"), Token));
        CheckpointReader reader = CheckpointReader.Open(log.Out("model"));
        using SparseModel untrained = SparseModel.Create(job.Module, new SparseModelDefaults { SparseUpdater = job.SparseUpdater, SparseInitializer = job.SparseInitializer, DenseUpdater = job.DenseUpdater }, job.Seed);
        IReadOnlyList<byte[]> values = untrained.CopyDenseValues();
        Assert.NotEmpty(values);
        for (int i = 0; i < values.Count; i++) Assert.Equal(values[i], reader.ReadDense(untrained.DenseTensors[i].Name));
    }

    [Fact]
    public async Task Fit_WithAnAgentThatFails_NamesItAndTheReason()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local-cluster[2,2,1024]");
        using ClickFrame log = new(100);

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => Job(log, failingWorker: 1).FitAsync(Rows(spark, log), Token));

        Assert.StartsWith("Worker 1 failed: MetaSpore.Spark.Driver.Agents.AgentException: worker 1 failed in \"agent.start\": as asked", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fit_WithAgentsAndADriverThatCantReachExecutors_IsRefused()
    {
        SparkSession spark = await clusters.OpenAsync("4.3.0", "local-cluster[2,2,1024]");
        using ClickFrame log = new(100);
        TorchEstimator job = Job(log) with { Spark = new SparkOptions { ConnectToExecutors = false } };

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => job.FitAsync(Rows(spark, log), Token));

        Assert.StartsWith("AgentClass is set, but this machine can't reach the executors, through which agents talk to each other. Run the driver", error.Message, StringComparison.Ordinal);
    }
}
