using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>
/// Trains on an engine of other processes, and after the loss of one on a new engine from the last snapshot, as often as is
/// allowed. It ends with a model, or with one message that says which process was lost and how.
/// </summary>
static class ClusterTraining
{
    /// <summary>Trains.</summary>
    /// <param name="estimator">The fit.</param>
    /// <param name="dataset">Its rows.</param>
    /// <param name="maxRestarts">Losses after which training goes on.</param>
    /// <param name="start">Starts an engine for a job.</param>
    /// <param name="interrupt">Asks for a snapshot and an end.</param>
    /// <exception cref="ProcessLostException">A process was lost and no restart is left.</exception>
    public static async Task<TrainingSummary> RunAsync(
        TorchEstimator estimator,
        Dataset dataset,
        int maxRestarts,
        Func<PreparedJob, StoreLayout, ILogger, Task<IRunEngine>> start,
        CancellationToken interrupt)
    {
        var observer = new RestartedObserver(estimator.Observer ?? SilentObserver.Instance);
        string? temporary = estimator.Checkpoint is null ? StorageLocation.Normalize(estimator.ModelOutPath!) + $".restart-{Guid.NewGuid():N}" : null;
        if (temporary is not null) estimator = estimator with { Checkpoint = new CheckpointOptions(temporary, 0, 1) };
        bool isStarted = false;
        try
        {
            for (int restarts = 0; ; restarts++)
            {
                try
                {
                    using PreparedJob job = await JobPreparation.PrepareAsync(estimator, dataset, interrupt);
                    if (!isStarted) estimator.CoordinatorStartHook?.Invoke(estimator);
                    isStarted = true;
                    return await TrainingRun.RunAsync(
                        job,
                        (layout, logger) => start(job, layout, logger),
                        observer,
                        restarts < maxRestarts && !interrupt.IsCancellationRequested,
                        interrupt);
                }
                catch (ProcessLostException lost) when (restarts < maxRestarts && !interrupt.IsCancellationRequested)
                {
                    observer.OnMessage(new TrainingMessage(
                        LogLevel.Warning, $"{lost.Message}\nGoing on from the last snapshot with new processes (restart {restarts + 1} of {maxRestarts})."));
                    // The first attempt has checked that nothing is in the way, and may have written the model before it was lost.
                    estimator = estimator with { Resume = true, Overwrite = true };
                }
            }
        }
        finally
        {
            if (isStarted) estimator.CoordinatorStopHook?.Invoke(estimator);
            if (temporary is not null) PreparedJob.Delete(temporary);
        }
    }
}
