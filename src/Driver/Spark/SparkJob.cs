using MetaSpore.Spark.Driver.Cli;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Trains a job file on Spark.</summary>
static class SparkJob
{
    /// <summary>Connects, trains, and closes the session.</summary>
    public static async Task<TrainingSummary> TrainAsync(JobConfig job, bool resume, ITrainingObserver observer, CancellationToken interrupt)
    {
        await using SparkSession session = await OpenAsync(job, interrupt);
        SparkDataset training = (await JobFrames.ReadAsync(session, job.Data, DataSplit.Train, interrupt))!;
        TorchEstimator estimator = JobEstimator.Of(job, resume, observer) with
        {
            ValidationDataset = await JobFrames.ReadAsync(session, job.Data, DataSplit.Validation, interrupt),
            TestDataset = await JobFrames.ReadAsync(session, job.Data, DataSplit.Test, interrupt),
            Spark = job.Spark.Options,
        };
        return await estimator.TrainAsync(training, interrupt);
    }

    static Task<SparkSession> OpenAsync(JobConfig job, CancellationToken cancellationToken)
    {
        SparkTarget target = job.SparkTarget!;
        SparkSessionBuilder builder = SparkSession.Builder().AppName($"metaspore {Path.GetFileName(job.File)}");
        if (target.Master is { } master)
            builder = builder.Master(master).Config("spark.task.cpus", Math.Max(job.Spark.Options.WorkerCpu, job.Spark.ServerCpu).ToString(System.Globalization.CultureInfo.InvariantCulture));
        else builder = builder.Remote(target.Remote!);
        foreach ((string key, string value) in job.Spark.Conf) builder = builder.Config(key, value);
        return builder.GetOrCreateAsync(cancellationToken);
    }
}
