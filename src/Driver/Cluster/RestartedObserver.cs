using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>Makes the attempts of a run look like one to whoever watches it: the start is told once, by the first attempt that gets there.</summary>
sealed class RestartedObserver(ITrainingObserver inner) : ITrainingObserver
{
    bool _started;

    /// <inheritdoc/>
    public void OnStart(TrainingStart start)
    {
        if (_started) return;
        _started = true;
        inner.OnStart(start);
    }

    /// <inheritdoc/>
    public void OnProgress(TrainingProgress progress) => inner.OnProgress(progress);

    /// <inheritdoc/>
    public void OnEpochEnd(EpochResult result) => inner.OnEpochEnd(result);

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointNotice checkpoint) => inner.OnCheckpoint(checkpoint);

    /// <inheritdoc/>
    public void OnMessage(TrainingMessage message) => inner.OnMessage(message);

    /// <inheritdoc/>
    public void OnEnd(TrainingSummary summary) => inner.OnEnd(summary);
}
