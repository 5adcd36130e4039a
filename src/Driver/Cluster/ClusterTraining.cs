using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>
/// Trains with processes, and after the loss of one with new ones from the last snapshot, as often as the options allow. It
/// ends with a model, or with one message that says which process was lost and how.
/// </summary>
static class ClusterTraining
{
    /// <summary>Trains.</summary>
    /// <exception cref="ProcessLostException">A process was lost and no restart is left.</exception>
    public static async Task<TrainingSummary> RunAsync(TorchEstimator estimator, Dataset dataset, CancellationToken interrupt)
    {
        ClusterOptions options = estimator.Cluster!;
        var observer = new RestartedObserver(estimator.Observer ?? SilentObserver.Instance);
        string? temporary = estimator.Checkpoint is null ? Path.GetFullPath(estimator.ModelOutPath!) + $".restart-{Guid.NewGuid():N}" : null;
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
                        async (layout, logger) => await ProcessEngine.StartAsync(job, layout, options, logger),
                        observer,
                        restarts < options.MaxRestarts && !interrupt.IsCancellationRequested,
                        interrupt);
                }
                catch (ProcessLostException lost) when (restarts < options.MaxRestarts && !interrupt.IsCancellationRequested)
                {
                    observer.OnMessage(new TrainingMessage(
                        LogLevel.Warning, $"{lost.Message}\nGoing on from the last snapshot with new processes (restart {restarts + 1} of {options.MaxRestarts})."));
                    // The first attempt has checked that nothing is in the way, and may have written the model before it was lost.
                    estimator = estimator with { Resume = true, Overwrite = true };
                }
            }
        }
        finally
        {
            if (isStarted) estimator.CoordinatorStopHook?.Invoke(estimator);
            if (temporary is not null && Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }
}
