namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>What a worker process says, a line each. Immutable.</summary>
/// <param name="Kind">What.</param>
/// <param name="SnapshotId">For <see cref="WorkerEventKind.State"/>: the snapshot; 0 for the end of the partition.</param>
/// <param name="NextStep">For <see cref="WorkerEventKind.State"/>: the worker's next step.</param>
/// <param name="State">Progress, or for <see cref="WorkerEventKind.Scored"/> the metric's state.</param>
/// <param name="ReachedEnd">For <see cref="WorkerEventKind.Trained"/>: false when the worker was asked to stop before.</param>
/// <param name="Error">For <see cref="WorkerEventKind.Failed"/>: the message.</param>
/// <param name="Problem">For <see cref="WorkerEventKind.Failed"/>: what kind of failure.</param>
public sealed record WorkerEvent(
    WorkerEventKind Kind,
    long SnapshotId = 0,
    long NextStep = 0,
    byte[]? State = null,
    bool ReachedEnd = false,
    string? Error = null,
    WorkerProblem Problem = WorkerProblem.Failure);

/// <summary>Kinds of <see cref="WorkerEvent"/>.</summary>
public enum WorkerEventKind
{
    /// <summary>The worker has built everything and waits for commands.</summary>
    Ready,

    /// <summary>What was done so far; also the sign of life.</summary>
    Progress,

    /// <summary>The worker's state at a snapshot, before its marker is sent.</summary>
    State,

    /// <summary>An epoch is over for this worker.</summary>
    Trained,

    /// <summary>Rows are scored.</summary>
    Scored,

    /// <summary>Hooks were called.</summary>
    Done,

    /// <summary>A command failed.</summary>
    Failed,
}

/// <summary>Kinds of failure of a worker.</summary>
public enum WorkerProblem
{
    /// <summary>A failure at run time.</summary>
    Failure,

    /// <summary>Bad input or options.</summary>
    BadInput,

    /// <summary>A shard can't be reached: another process has been lost.</summary>
    Unreachable,

    /// <summary>The worker was told to give up.</summary>
    Cancelled,
}
