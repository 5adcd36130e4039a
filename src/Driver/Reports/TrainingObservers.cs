using MetaSpore.Spark.Driver.Cli;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>Several observers as one, called in order.</summary>
/// <param name="observers">The observers; those that can be disposed are owned.</param>
sealed class TrainingObservers(params IReadOnlyList<ITrainingObserver> observers) : ITrainingObserver, IDisposable
{
    /// <summary>The observers of a job: live line, metrics file, report page.</summary>
    public static TrainingObservers ForJob(JobConfig job, bool resume, StatusConsole status, ILogger logger) => new(
        new ProgressLine(status, logger),
        new MetricsWriter(job.Output!.Metrics, resume, TimeProvider.System),
        new HtmlReport(job.Output.Report, job.Settings, job.Output.Metrics));

    /// <inheritdoc/>
    public void OnStart(TrainingStart start) => Each(observer => observer.OnStart(start));

    /// <inheritdoc/>
    public void OnProgress(TrainingProgress progress) => Each(observer => observer.OnProgress(progress));

    /// <inheritdoc/>
    public void OnEpochEnd(EpochResult result) => Each(observer => observer.OnEpochEnd(result));

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointNotice checkpoint) => Each(observer => observer.OnCheckpoint(checkpoint));

    /// <inheritdoc/>
    public void OnMessage(TrainingMessage message) => Each(observer => observer.OnMessage(message));

    /// <inheritdoc/>
    public void OnEnd(TrainingSummary summary) => Each(observer => observer.OnEnd(summary));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable disposable in observers.OfType<IDisposable>()) disposable.Dispose();
    }

    void Each(Action<ITrainingObserver> call)
    {
        foreach (ITrainingObserver observer in observers) call(observer);
    }
}
