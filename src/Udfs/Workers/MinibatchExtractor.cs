using Apache.Arrow;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Udfs.Features;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Turns Arrow rows into a <see cref="PreparedBatch"/>: keys, dense columns, labels and fingerprint. Not thread-safe.</summary>
/// <param name="features">Extraction of all distinct schemas.</param>
/// <param name="casts">Extraction of each group of dense columns.</param>
/// <param name="label">Extraction of the label; null: the rows are scored without.</param>
/// <param name="preprocessor">Changes the rows first; null: nothing does.</param>
/// <param name="operatorCount">Embedding operators of the network.</param>
/// <param name="schemaCount">Distinct schemas of the network.</param>
public sealed class MinibatchExtractor(
    FeatureExtractor? features,
    IReadOnlyList<DenseExtractor> casts,
    LabelExtractor? label,
    MinibatchPreprocessor? preprocessor,
    int operatorCount,
    int schemaCount)
{
    readonly BatchFingerprint _fingerprint = new();

    /// <summary>An empty batch of the right shape.</summary>
    public PreparedBatch NewBatch() => new(schemaCount, casts.Count, operatorCount);

    /// <summary>Extracts one batch; <paramref name="columns"/> belongs to <paramref name="batch"/> from now on.</summary>
    public void Extract(RecordBatch columns, PreparedBatch batch)
    {
        if (preprocessor is not null) columns = Preprocess(columns);
        bool hasLabels = label is not null && label.IsIn(columns);
        batch.Begin(columns, hasLabels);
        features?.Extract(columns, batch.Sparse);
        for (int i = 0; i < casts.Count; i++)
            casts[i].Extract(columns, batch.ReserveDense(i, casts[i].Columns.Count).AsSpan<float>());
        if (hasLabels) label!.Extract(columns, batch.Labels.AsSpan<float>());
        batch.Fingerprint = _fingerprint.Compute(batch.Sparse, batch.Labels.AsSpan<float>());
    }

    RecordBatch Preprocess(RecordBatch columns)
    {
        RecordBatch processed = preprocessor!.Process(columns);
        if (!ReferenceEquals(processed, columns)) columns.Dispose();
        return processed;
    }
}
