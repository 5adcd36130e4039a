using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>
/// Learns quantiles and frequent values from one pass over the training rows. The result depends on the rows alone (of a
/// quantile column with more than 2²⁰ values: on their order too). Not thread-safe.
/// </summary>
public sealed class FeatureFitter
{
    readonly FeatureSpec _spec;
    readonly List<ColumnFit> _fits = [];
    double[] _numbers = [];

    /// <summary>Prepares the pass.</summary>
    public FeatureFitter(FeatureSpec spec)
    {
        _spec = spec;
        foreach ((string column, NumericColumns group) in spec.EncodedColumns)
        {
            if (group.As == NumericEncoding.Quantile) _fits.Add(new(column, group, new QuantileFit(), null));
            if (group.As == NumericEncoding.Value) _fits.Add(new(column, group, null, new ValueFit(column)));
        }
    }

    /// <summary>The columns that the pass needs; none when <see cref="FeatureSpec.NeedsFitting"/> is false.</summary>
    public IReadOnlyList<string> Columns => [.. _fits.Select(fit => fit.Column)];

    /// <summary>Training rows seen so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Takes the next training rows.</summary>
    /// <exception cref="BadInputException">A column is absent or holds no numbers, or has too many different values.</exception>
    public void Accumulate(RecordBatch batch)
    {
        if (_numbers.Length < batch.Length) _numbers = GC.AllocateUninitializedArray<double>(batch.Length + (batch.Length >> 1));
        Span<double> numbers = _numbers.AsSpan(0, batch.Length);
        foreach (ColumnFit fit in _fits)
        {
            NumberColumn.Read(batch.Column(FieldIndex.Of(batch.Schema, fit.Column)), fit.Column, numbers);
            fit.Quantiles?.Add(numbers);
            fit.Values?.Add(numbers);
        }

        RowCount += batch.Length;
    }

    /// <summary>The state learned from all rows so far.</summary>
    public FeatureState ToState()
    {
        Dictionary<string, ColumnEncoding> encodings =
            _spec.EncodedColumns.ToDictionary(column => column.Key, column => new ColumnEncoding(column.Value.As, [], []), StringComparer.Ordinal);
        foreach (ColumnFit fit in _fits)
        {
            encodings[fit.Column] = fit.Quantiles is { } quantiles
                ? new(fit.Group.As, quantiles.Cuts(fit.Group.Buckets), [])
                : new(fit.Group.As, [], fit.Values!.Frequent(fit.Group.MinCount));
        }

        return new() { Encodings = encodings };
    }

    sealed record ColumnFit(string Column, NumericColumns Group, QuantileFit? Quantiles, ValueFit? Values);
}
