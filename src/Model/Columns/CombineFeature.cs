namespace MetaSpore.Spark.Model.Columns;

/// <summary>One feature of a schema: a column, or a cross of several in order.</summary>
/// <param name="Columns">Column names, at least one; the order matters for the key.</param>
public sealed record CombineFeature(IReadOnlyList<string> Columns)
{
    /// <summary>The text form: names joined with <c>#</c>.</summary>
    public override string ToString() => string.Join('#', Columns);

    /// <summary>Whether both name the same columns in the same order.</summary>
    public bool Equals(CombineFeature? other) => other is not null && Columns.SequenceEqual(other.Columns, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());
}
