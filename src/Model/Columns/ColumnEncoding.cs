namespace MetaSpore.Spark.Model.Columns;

/// <summary>How the numbers of one column become categories, with what was learned from the training rows. Immutable.</summary>
/// <param name="As">The encoding; not <see cref="NumericEncoding.Dense"/>.</param>
/// <param name="Cuts">For <see cref="NumericEncoding.Quantile"/>: the cuts, finite, strictly ascending.</param>
/// <param name="Values">For <see cref="NumericEncoding.Value"/>: the values that are categories, finite, strictly ascending.</param>
public sealed record ColumnEncoding(NumericEncoding As, IReadOnlyList<double> Cuts, IReadOnlyList<double> Values)
{
    /// <inheritdoc/>
    public bool Equals(ColumnEncoding? other) =>
        other is not null && As == other.As && Cuts.SequenceEqual(other.Cuts) && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(As, Cuts.Count, Values.Count);
}
