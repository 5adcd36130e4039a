namespace MetaSpore.Spark.Driver.Progress;

/// <summary>Where a run stands. Counts include what was done before a resume.</summary>
public sealed record TrainingProgress
{
    /// <summary>Time since the first step of this process.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps over all epochs and workers.</summary>
    public required long Step { get; init; }

    /// <summary>Rows consumed over all epochs.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows consumed in this epoch.</summary>
    public required long EpochRows { get; init; }

    /// <summary>Rows a second since the previous report.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>Mean loss of the rows since the previous report.</summary>
    public required double Loss { get; init; }

    /// <summary>Progressive AUC of the epoch so far (each row scored before it is learned); null with rows of one class only.</summary>
    public double? Auc { get; init; }

    /// <summary>Further metrics of the epoch so far, by name.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();
}
