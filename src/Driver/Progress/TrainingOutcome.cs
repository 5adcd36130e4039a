namespace MetaSpore.Spark.Driver.Progress;

/// <summary>Why a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>The validation metric stopped improving.</summary>
    StoppedEarly,

    /// <summary>The user interrupted; the last checkpoint can be resumed.</summary>
    Interrupted,

    /// <summary>An error ended the run.</summary>
    Failed,
}
