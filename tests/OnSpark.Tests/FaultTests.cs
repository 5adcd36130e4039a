using System.Diagnostics;
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

/// <summary>Interruptions, sessions side by side, and a driver that is killed, on real Sparks.</summary>
[Collection(nameof(SparkClusters))]
[Trait("Category", SparkDistribution.Category)]
public sealed class FaultTests(SparkClusters clusters)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static TorchEstimator Job(ClickFrame log, string name) =>
        new(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = ClickFrame.Features.Schema, EmbeddingSize = 4, HiddenUnits = [8] }))
        {
            Features = ClickFrame.Features,
            ModelOutPath = log.Out(name),
            BatchSize = 32,
            TorchThreads = 1,
            Seed = 5,
            ShuffleTrainingDataset = true,
            Checkpoint = new CheckpointOptions(log.Out(name + "-snapshots"), EverySteps: 5),
        };

    static SparkDataset Rows(SparkSession spark, ClickFrame log) => new(spark.Read.Parquet(log.Path)) { Label = new LabelRule("clicked") };

    static void SameFiles(string expected, string actual)
    {
        string[] files = [.. Directory.EnumerateFiles(expected, "*.dat").Select(path => System.IO.Path.GetFileName(path)!)];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(System.IO.Path.Combine(expected, file)), File.ReadAllBytes(System.IO.Path.Combine(actual, file))));
    }

    [Theory]
    [InlineData("4.3.0")]
    [InlineData("3.5.7")]
    public async Task Fit_ThatIsInterrupted_GoesOnLaterToTheSameModel(string version)
    {
        SparkSession spark = await clusters.OpenAsync(version, "local[4]");
        using ClickFrame log = new(3000);
        using var interrupt = new CancellationTokenSource();
        TorchEstimator job = Job(log, "interrupted") with { Observer = new CheckpointObserver(interrupt.Cancel) };

        await Job(log, "undisturbed").FitAsync(Rows(spark, log), Token);
        OperationCanceledException error = await Assert.ThrowsAsync<OperationCanceledException>(() => job.FitAsync(Rows(spark, log), interrupt.Token));
        Assert.False(Directory.Exists(log.Out("interrupted")));
        await (job with { Observer = null, Resume = true }).FitAsync(Rows(spark, log), Token);

        Assert.StartsWith($"Training was interrupted; fit again with Resume = true to continue from '{log.Out("interrupted-snapshots")}", error.Message, StringComparison.Ordinal);
        SameFiles(log.Out("undisturbed"), log.Out("interrupted"));
    }

    [Fact]
    public async Task Fits_OfTwoSessionsAtOnce_DontTouchEachOther()
    {
        SparkSession first = await clusters.OpenAsync("4.3.0", "local[4]");
        await using SparkSession second = await first.NewSessionAsync(Token);
        using ClickFrame log = new(2000), other = new(2000, seed: 2);

        await Task.WhenAll(Job(log, "first").FitAsync(Rows(first, log), Token), Job(other, "second").FitAsync(Rows(second, other), Token));
        await Job(log, "alone").FitAsync(Rows(first, log), Token);

        SameFiles(log.Out("alone"), log.Out("first"));
        Assert.NotEqual(File.ReadAllBytes(log.Out("first/bias__dense_data.dat")), File.ReadAllBytes(other.Out("second/bias__dense_data.dat")));
    }

    [Fact]
    public async Task Driver_ThatIsKilled_LeavesNothingRunning()
    {
        string home = SparkDistribution.Home("4.3.0");
        using ClickFrame log = new(20_000);
        await File.WriteAllTextAsync(log.Out("job.yaml"), """
            data: {train: [rows.parquet], label: clicked}
            features: {categorical: [user, item]}
            model: {type: LogisticRegression}
            training: {epochs: 1000, batchSize: 16}
            output: {model: model}
            """, Token);
        string[] arguments = ["metaspore.dll", "train", "--config", log.Out("job.yaml"), "--master", "local[2]"];
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = AppContext.BaseDirectory, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["SPARK_HOME"] = home;
        start.Environment["SPARK_REMOTE"] = "";
        using Process driver = Process.Start(start)!;
        driver.OutputDataReceived += (_, _) => { };
        driver.BeginOutputReadLine();
        Task<string> log0 = driver.StandardError.ReadToEndAsync(Token);
        await SparkProcesses.UntilAsync(() => Directory.Exists(log.Out("model.checkpoints")) && Directory.EnumerateDirectories(log.Out("model.checkpoints"), "step-*").Any(), "a checkpoint", Token);
        int[] below = SparkProcesses.Below(driver.Id);

        driver.Kill();
        await driver.WaitForExitAsync(Token);
        await log0;

        Assert.True(below.Length >= 2, "no Spark was running");
        await SparkProcesses.UntilAsync(() => !below.Any(SparkProcesses.IsRunning), "the end of every process below the driver", Token);
    }

    sealed class CheckpointObserver(Action first) : ITrainingObserver
    {
        public void OnStart(TrainingStart start)
        {
        }

        public void OnProgress(TrainingProgress progress)
        {
        }

        public void OnEpochEnd(EpochResult result)
        {
        }

        public void OnCheckpoint(CheckpointNotice checkpoint) => first();

        public void OnMessage(TrainingMessage message)
        {
        }

        public void OnEnd(TrainingSummary summary)
        {
        }
    }
}
