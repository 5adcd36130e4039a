namespace MetaSpore.Spark.Driver.Progress;

/// <summary>What is about to be trained.</summary>
public sealed record TrainingStart
{
    /// <summary>Identity of the run; a resumed run keeps it.</summary>
    public required string RunId { get; init; }

    /// <summary>Wall-clock time of the start.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Epochs at most; early stopping may end the run before.</summary>
    public required int Epochs { get; init; }

    /// <summary>Rows of one epoch; null when only a whole pass would tell.</summary>
    public long? RowsPerEpoch { get; init; }

    /// <summary>Whether <see cref="RowsPerEpoch"/> is extrapolated; the first epoch will tell the exact number.</summary>
    public bool RowsPerEpochIsEstimate { get; init; }

    /// <summary>Epoch (from 1) in which this process begins; above 1 only when resumed.</summary>
    public int FirstEpoch { get; init; } = 1;

    /// <summary>Steps that were already done when this process began; 0 unless resumed.</summary>
    public long StepsBefore { get; init; }

    /// <summary>Rows that were already consumed when this process began; 0 unless resumed.</summary>
    public long RowsBefore { get; init; }

    /// <summary>Worker threads (W).</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Shards (S).</summary>
    public int Servers { get; init; } = 1;

    /// <summary>Options as the user would write them, in order, for the report: name and value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Options { get; init; } = [];

    /// <summary>What is known of the data, in order, for the report: name and value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Data { get; init; } = [];
}
