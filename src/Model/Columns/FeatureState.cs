namespace MetaSpore.Spark.Model.Columns;

/// <summary>
/// What extraction needs besides the <see cref="FeatureSpec"/>: the encoding of every column of numbers that becomes a
/// category. Kept with the model. Immutable and JSON-serialisable.
/// </summary>
public sealed record FeatureState
{
    /// <summary>The encodings by column.</summary>
    public IReadOnlyDictionary<string, ColumnEncoding> Encodings { get; init; } =
        new Dictionary<string, ColumnEncoding>(StringComparer.Ordinal);

    /// <summary>The state of a spec that needs no pass over the training rows.</summary>
    /// <exception cref="InvalidOperationException">The spec needs one (<see cref="FeatureSpec.NeedsFitting"/>).</exception>
    public static FeatureState Of(FeatureSpec spec)
    {
        if (spec.NeedsFitting) throw new InvalidOperationException("quantile and value encodings need a pass over the training rows");
        return new()
        {
            Encodings = spec.EncodedColumns.ToDictionary(column => column.Key, column => new ColumnEncoding(column.Value.As, [], []), StringComparer.Ordinal),
        };
    }

    /// <inheritdoc/>
    public bool Equals(FeatureState? other) =>
        other is not null && Encodings.Count == other.Encodings.Count
        && Encodings.All(pair => other.Encodings.TryGetValue(pair.Key, out ColumnEncoding? encoding) && encoding == pair.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Encodings.Count;
}
