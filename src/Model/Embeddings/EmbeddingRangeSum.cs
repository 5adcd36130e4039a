using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>Pools all values of a row, over all features: output shape (B, E).</summary>
/// <param name="embeddingSize">Elements of a vector (E), at least 1.</param>
/// <param name="schema">The features (F).</param>
/// <param name="options">Null takes every default.</param>
public sealed class EmbeddingRangeSum(int embeddingSize, CombineSchema schema, EmbeddingOptions? options = null)
    : EmbeddingOperator(embeddingSize, schema, options, nameof(EmbeddingRangeSum))
{
    readonly BagPooling _pooling = new();

    private protected override int OutputColumns => EmbeddingSize;

    private protected override int OutputRows(SparseBatch batch) => batch.BatchSize;

    private protected override void Pool<T>(SparseBatch batch, ReadOnlySpan<T> rows, Span<T> output) =>
        _pooling.Forward(Pooling, rows, new BagSpan(batch.IndexSpan, batch.Offsets, FeatureCount), EmbeddingSize, output);

    private protected override void PoolBackward<T>(SparseBatch batch, Span<T> outputGradient, Span<T> gradients) =>
        _pooling.Backward(Pooling, outputGradient, new BagSpan(batch.IndexSpan, batch.Offsets, FeatureCount), EmbeddingSize, gradients);
}
