using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Metrics;

/// <summary>Options of <see cref="BinaryClassificationModelMetric"/>. Immutable.</summary>
public sealed record BinaryMetricOptions
{
    /// <summary>Number of equal score buckets in [0, 1] beyond <see cref="ExactLimit"/> rows, 2 to 16,777,216.</summary>
    public int BucketCount { get; init; } = 1_000_000;

    /// <summary>
    /// Rows up to which every score is kept and the AUC is exact (8 bytes a row); at least 0. 0 counts in buckets from the
    /// first row, as MetaSpore does.
    /// </summary>
    public int ExactLimit { get; init; } = 200_000;

    /// <summary>
    /// A row counts as predicted positive when its prediction is above; in [0, 1). 0 turns accuracy, precision, recall and
    /// F off, which is MetaSpore's default.
    /// </summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Weight of recall against precision in F (β), above 0; 1: their harmonic mean.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="BadInputException">Names every option that is out of range.</exception>
    internal void Check()
    {
        List<string> problems = [];
        if (BucketCount is < 2 or > 1 << 24) problems.Add($"metric: bucketCount is {BucketCount}; expected 2 to {1 << 24}");
        if (ExactLimit < 0) problems.Add($"metric: exactLimit is {ExactLimit}; expected at least 0");
        if (Threshold is not (>= 0 and < 1)) problems.Add(Numerics.OptionRange.Problem("metric", nameof(Threshold), Threshold, "of at least 0 and below 1"));
        problems.AddRange(Numerics.OptionRange.Positive("metric", nameof(Beta), Beta));
        if (problems.Count > 0) throw new BadInputException(problems);
    }
}
