namespace MetaSpore.Spark.Driver.Progress;

/// <summary>
/// Watches a training run: the live line, metrics.jsonl and report.html are observers. The training loop calls the members
/// in the order below, never two at the same time; a member returns quickly and doesn't change the run.
/// </summary>
/// <remarks>An exception from a member ends the run as a failure: an observer that can't write its file must not hide it.</remarks>
public interface ITrainingObserver
{
    /// <summary>Once, after everything is validated and loaded, before the first step.</summary>
    void OnStart(TrainingStart start);

    /// <summary>At intervals of steps or time; not for every step.</summary>
    void OnProgress(TrainingProgress progress);

    /// <summary>After the last step of an epoch and its validation.</summary>
    void OnEpochEnd(EpochResult result);

    /// <summary>After a checkpoint has been published.</summary>
    void OnCheckpoint(CheckpointNotice checkpoint);

    /// <summary>Something the user should read: a note, a warning or the reason of a stop.</summary>
    void OnMessage(TrainingMessage message);

    /// <summary>Once, also after an interruption or a failure that came after <see cref="OnStart"/>.</summary>
    void OnEnd(TrainingSummary summary);
}
