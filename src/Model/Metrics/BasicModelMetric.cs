using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Metrics;

/// <summary>The mean loss of a row. Batches without a loss (NaN) leave it undefined.</summary>
public class BasicModelMetric : ModelMetric
{
    FixedPointSum _lossSum;

    /// <summary>Mean loss of a row: Σ batch loss · rows / Σ rows; NaN without rows.</summary>
    public double Loss => _lossSum.Value / InstanceCount;

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, double>> Compute() => [new("loss", Loss)];

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels, double batchLoss, ReadOnlySpan<float> weights) =>
        _lossSum.Add(batchLoss * predictions.Length);

    /// <inheritdoc/>
    protected override void Add(ModelMetric other) => _lossSum.Add(((BasicModelMetric)other)._lossSum);

    /// <inheritdoc/>
    protected override void Reset() => _lossSum = default;

    /// <inheritdoc/>
    protected override void Write(BinaryWriter writer) => _lossSum.Write(writer);

    /// <inheritdoc/>
    protected override void Read(BinaryReader reader) => _lossSum = FixedPointSum.Read(reader);
}
