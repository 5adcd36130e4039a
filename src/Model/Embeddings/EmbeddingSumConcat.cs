using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// Pools the values of each feature and places the features side by side: output shape (B, F·E), feature f of row b in
/// columns f·E to (f+1)·E.
/// </summary>
/// <param name="embeddingSize">Elements of a vector (E), at least 1.</param>
/// <param name="schema">The features (F).</param>
/// <param name="options">Null takes every default.</param>
public sealed class EmbeddingSumConcat(int embeddingSize, CombineSchema schema, EmbeddingOptions? options = null)
    : EmbeddingOperator(embeddingSize, schema, options, nameof(EmbeddingSumConcat))
{
    readonly BagPooling _pooling = new();

    private protected override int OutputColumns => FeatureCount * EmbeddingSize;

    private protected override int OutputRows(SparseBatch batch) => batch.BatchSize;

    private protected override void Pool<T>(SparseBatch batch, ReadOnlySpan<T> rows, Span<T> output)
    {
        if (IsSingleValued(batch)) PoolingKernels.Gather(rows, batch.IndexSpan, EmbeddingSize, output);
        else _pooling.Forward(Pooling, rows, new BagSpan(batch.IndexSpan, batch.Offsets, 1), EmbeddingSize, output);
    }

    private protected override void PoolBackward<T>(SparseBatch batch, Span<T> outputGradient, Span<T> gradients)
    {
        if (IsSingleValued(batch)) PoolingKernels.ScatterAdd(outputGradient, batch.IndexSpan, EmbeddingSize, gradients);
        else _pooling.Backward(Pooling, outputGradient, new BagSpan(batch.IndexSpan, batch.Offsets, 1), EmbeddingSize, gradients);
    }

    // A slot has at least one value, so as many values as slots means one in each: nothing to pool, whatever the pooling.
    static bool IsSingleValued(SparseBatch batch) => batch.IndexCount == batch.Offsets.Length - 1;
}
