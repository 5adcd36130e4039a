using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Watches and says nothing.</summary>
sealed class SilentObserver : ITrainingObserver
{
    /// <summary>The one instance.</summary>
    public static SilentObserver Instance { get; } = new();

    /// <inheritdoc/>
    public void OnStart(TrainingStart start)
    {
    }

    /// <inheritdoc/>
    public void OnProgress(TrainingProgress progress)
    {
    }

    /// <inheritdoc/>
    public void OnEpochEnd(EpochResult result)
    {
    }

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointNotice checkpoint)
    {
    }

    /// <inheritdoc/>
    public void OnMessage(TrainingMessage message)
    {
    }

    /// <inheritdoc/>
    public void OnEnd(TrainingSummary summary)
    {
    }
}
