namespace MetaSpore.Spark.Model.Columns;

/// <summary>Columns of numbers that share an encoding. Immutable; equal when everything in it is.</summary>
/// <param name="Columns">Column names, at least one.</param>
/// <param name="As">What becomes of the numbers.</param>
/// <param name="MinCount">For <see cref="NumericEncoding.Value"/>: training rows that a value needs, at least 1.</param>
/// <param name="Buckets">For <see cref="NumericEncoding.Quantile"/>: number of quantiles, 1 to 4096.</param>
public sealed record NumericColumns(
    IReadOnlyList<string> Columns,
    NumericEncoding As = NumericEncoding.Dense,
    int MinCount = 5,
    int Buckets = 64)
{
    /// <inheritdoc/>
    public bool Equals(NumericColumns? other) =>
        other is not null && As == other.As && MinCount == other.MinCount && Buckets == other.Buckets
        && Columns.SequenceEqual(other.Columns, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(As, MinCount, Buckets, Columns.Count);
}
