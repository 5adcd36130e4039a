using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// Where a run stands, besides its parameters: what a snapshot keeps so that a resumed run goes on as if nothing had
/// happened. Immutable, JSON-serialisable.
/// </summary>
sealed record TrainingState
{
    /// <summary>Identity of the run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>Attempt, from 1.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>Epoch that comes next or is under way, from 0.</summary>
    public int Epoch { get; init; }

    /// <summary>By worker: the next step of the epoch.</summary>
    public required IReadOnlyList<long> NextSteps { get; init; }

    /// <summary>By worker: its metric and counts; empty at the beginning of an epoch.</summary>
    public IReadOnlyList<byte[]> WorkerStates { get; init; } = [];

    /// <summary>Rows of all finished epochs.</summary>
    public long Rows { get; init; }

    /// <summary>Steps of all finished epochs, all workers.</summary>
    public long Steps { get; init; }

    /// <summary>Seconds from the first step to here, over all attempts.</summary>
    public double Seconds { get; init; }

    /// <summary>Progressive result of the last finished epoch.</summary>
    public EvaluationResult? Train { get; init; }

    /// <summary>The best epoch so far, from 1; 0 for none.</summary>
    public int BestEpoch { get; init; }

    /// <summary>Validation result of <see cref="BestEpoch"/>.</summary>
    public EvaluationResult? BestValidation { get; init; }

    /// <summary>Validation result of the last finished epoch.</summary>
    public EvaluationResult? Validation { get; init; }

    /// <summary>Finished epochs since the best one.</summary>
    public int EpochsWithoutBetter { get; init; }

    /// <summary>Whether training has ended: all epochs, or early stopping.</summary>
    public bool Finished { get; init; }

    /// <summary>Whether nothing is left to train with these options: a finished run goes on with more epochs or more patience.</summary>
    public bool IsFinished(TrainingOptions options) => Epoch >= options.TrainingEpochs
        || (WorkerStates.Count == 0 && options.EarlyStopping is { } stopping && Epoch > 0 && EpochsWithoutBetter >= stopping.Patience);
}
