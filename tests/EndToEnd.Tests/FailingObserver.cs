using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.EndToEnd.Tests;

sealed class InjectedFailureException : Exception;

/// <summary>Ends a run with an exception when it has heard of so many checkpoints.</summary>
sealed class FailingObserver(int checkpoints) : ITrainingObserver
{
    int _seen;

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
        if (++_seen == checkpoints) throw new InjectedFailureException();
    }

    public void OnMessage(TrainingMessage message)
    {
    }

    public void OnEnd(TrainingSummary summary)
    {
    }
}
