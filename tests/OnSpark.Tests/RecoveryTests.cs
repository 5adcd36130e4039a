using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>Losses amid training on real Sparks: the model has the bits of an undisturbed run.</summary>
[Collection(nameof(SparkClusters))]
[Trait("Category", SparkDistribution.Category)]
public sealed partial class RecoveryTests(SparkClusters clusters)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static TorchEstimator Job(ClickFrame log, string name, ITrainingObserver? observer) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = ClickFrame.Features.Schema, EmbeddingSize = 4, HiddenUnits = [16, 8], Dropout = 0.1 }))
        {
            Features = ClickFrame.Features,
            ModelOutPath = log.Out(name),
            BatchSize = 32,
            TorchThreads = 1,
            ServerCount = 2,
            TrainingEpochs = 2,
            ShuffleTrainingDataset = true,
            Seed = 5,
            Checkpoint = new CheckpointOptions(log.Out(name + "-snapshots"), EverySteps: 10),
            Observer = observer,
        };

    [Theory]
    [InlineData("4.3.0", "worker")]
    [InlineData("3.5.7", "worker")]
    [InlineData("4.3.0", "executor")]
    [InlineData("3.5.7", "executor")]
    public async Task Kill_AmidTraining_EndsInTheModelOfAnUndisturbedRun(string version, string victim)
    {
        SparkSession spark = await clusters.OpenAsync(version, "local-cluster[2,2,1024]");
        using ClickFrame log = new(4000);
        SparkDataset rows = new(spark.Read.Parquet(log.Path)) { Label = new LabelRule("clicked") };
        var observer = new KillingObserver(victim);

        await Job(log, "undisturbed", null).FitAsync(rows, Token);
        await Job(log, "killed", observer).FitAsync(rows, Token);

        Assert.True(observer.HasKilled);
        Assert.Contains(observer.Messages, message => message.Contains("Going on from the last snapshot with new processes (restart 1 of 3)", StringComparison.Ordinal));
        string[] files = [.. Directory.EnumerateFiles(log.Out("undisturbed"), "*.dat").Select(path => System.IO.Path.GetFileName(path)!)];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(
            File.ReadAllBytes(System.IO.Path.Combine(log.Out("undisturbed"), file)), File.ReadAllBytes(System.IO.Path.Combine(log.Out("killed"), file))));
    }

    // Kills one process of the job when its third checkpoint is written.
    sealed partial class KillingObserver(string victim) : ITrainingObserver
    {
        int _checkpoints;

        public bool HasKilled { get; private set; }

        public List<string> Messages { get; } = [];

        public void OnStart(TrainingStart start)
        {
        }

        public void OnProgress(TrainingProgress progress)
        {
        }

        public void OnEpochEnd(EpochResult result)
        {
        }

        public void OnCheckpoint(CheckpointNotice checkpoint)
        {
            if (HasKilled || ++_checkpoints < 3) return;
            // The worker program that holds shard 0: the log line of the start names it.
            int worker = int.Parse(ShardProcess().Match(Messages.First(message => ShardProcess().IsMatch(message))).Groups[1].Value, CultureInfo.InvariantCulture);
            int process = victim == "worker" ? worker : SparkProcesses.ParentOf(worker);
            using Process found = Process.GetProcessById(process);
            found.Kill();
            HasKilled = true;
        }

        public void OnMessage(TrainingMessage message) => Messages.Add(message.Text);

        public void OnEnd(TrainingSummary summary)
        {
        }

        [GeneratedRegex(@"^Shards: \S+ \(process (\d+)\)")]
        private static partial Regex ShardProcess();
    }
}
