namespace MetaSpore.Spark.Driver.Progress;

/// <summary>What an epoch reached.</summary>
public sealed record EpochResult
{
    /// <summary>Epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps over all epochs so far.</summary>
    public required long Step { get; init; }

    /// <summary>Rows consumed over all epochs so far.</summary>
    public required long Rows { get; init; }

    /// <summary>Time since the first step of this process.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Progressive result on the training rows of this epoch.</summary>
    public required EvaluationResult Train { get; init; }

    /// <summary>Result on the validation rows; null without any.</summary>
    public EvaluationResult? Validation { get; init; }

    /// <summary>Whether this epoch is the best so far, and so the one to be kept.</summary>
    public bool IsBest { get; init; }
}
