namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>What a worker process is told to do, a line each. Immutable.</summary>
/// <param name="Kind">What.</param>
/// <param name="Epoch">For <see cref="WorkerCommandKind.Train"/>: the epoch, from 0.</param>
/// <param name="FirstStep">For <see cref="WorkerCommandKind.Train"/>: the worker's next step.</param>
/// <param name="State">For <see cref="WorkerCommandKind.Train"/>: the worker's progress at that step.</param>
/// <param name="Rows">For <see cref="WorkerCommandKind.Score"/>: name of the rows.</param>
public sealed record WorkerCommand(WorkerCommandKind Kind, int Epoch = 0, long FirstStep = 0, byte[]? State = null, string? Rows = null);

/// <summary>Kinds of <see cref="WorkerCommand"/>.</summary>
public enum WorkerCommandKind
{
    /// <summary>Call the start hooks.</summary>
    Start,

    /// <summary>Train an epoch.</summary>
    Train,

    /// <summary>Give up the epoch that is being trained, at once.</summary>
    Cancel,

    /// <summary>Score rows and measure the predictions.</summary>
    Score,

    /// <summary>Call the stop hooks.</summary>
    Stop,
}
