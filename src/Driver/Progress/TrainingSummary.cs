namespace MetaSpore.Spark.Driver.Progress;

/// <summary>What a run did and reached.</summary>
public sealed record TrainingSummary
{
    /// <summary>Why it ended.</summary>
    public required TrainingOutcome Outcome { get; init; }

    /// <summary>Rows consumed over all epochs, those before a resume included.</summary>
    public required long Rows { get; init; }

    /// <summary>Seconds from the first to the last step, validation and saving between them included.</summary>
    public required double Seconds { get; init; }

    /// <summary>Rows a second over <see cref="Seconds"/>; 0 when nothing was trained.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>Epochs finished.</summary>
    public required int Epochs { get; init; }

    /// <summary>The epoch that the model holds, from 1; 0 when none was finished.</summary>
    public int KeptEpoch { get; init; }

    /// <summary>Progressive result on the training rows of the last epoch; null when none was finished.</summary>
    public EvaluationResult? Train { get; init; }

    /// <summary>Result of the kept epoch on the validation rows; null without any.</summary>
    public EvaluationResult? Validation { get; init; }

    /// <summary>Result of the kept epoch on the test rows; null without any.</summary>
    public EvaluationResult? Test { get; init; }

    /// <summary>The model's folder; null when no model was written.</summary>
    public string? ModelPath { get; init; }

    /// <summary>The last checkpoint's folder; null when there is none.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>The reason of a failure, in one sentence; null otherwise.</summary>
    public string? Failure { get; init; }
}
