using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Numerics;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// Every value's own vector, for networks that look at sequences: output shape (N, E), with <see cref="Offsets"/> to tell
/// which rows of it belong to a slot. Slot s = b·F + f holds the vectors from <c>Offsets[s]</c> to <c>Offsets[s+1]</c> (N
/// after the last).
/// </summary>
/// <param name="embeddingSize">Elements of a vector (E), at least 1.</param>
/// <param name="schema">The features (F).</param>
/// <param name="options">Null takes every default; pooling is ignored.</param>
public sealed class EmbeddingLookup(int embeddingSize, CombineSchema schema, EmbeddingOptions? options = null)
    : EmbeddingOperator(embeddingSize, schema, options, nameof(EmbeddingLookup))
{
    Tensor? _offsets;

    /// <summary>Shape (B·F), int64: first vector of each slot. Owned by the operator; valid until the next step is loaded.</summary>
    /// <exception cref="InvalidOperationException">No step was loaded.</exception>
    public Tensor Offsets => _offsets ?? throw new InvalidOperationException($"{GetName()} has no offsets before a step is loaded");

    private protected override int OutputColumns => EmbeddingSize;

    private protected override int OutputRows(SparseBatch batch) => batch.IndexCount;

    private protected override void Pool<T>(SparseBatch batch, ReadOnlySpan<T> rows, Span<T> output)
    {
        _offsets?.Dispose();
        ReadOnlySpan<int> starts = batch.Offsets[..^1];
        _offsets = empty(starts.Length, ScalarType.Int64).DetachFromDisposeScope();
        Span<long> offsets = LeafTensor.SpanOf<long>(_offsets);
        for (int i = 0; i < starts.Length; i++) offsets[i] = starts[i];
        PoolingKernels.Gather(rows, batch.IndexSpan, EmbeddingSize, output);
    }

    private protected override void PoolBackward<T>(SparseBatch batch, Span<T> outputGradient, Span<T> gradients) =>
        PoolingKernels.ScatterAdd(outputGradient, batch.IndexSpan, EmbeddingSize, gradients);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _offsets?.Dispose();
        base.Dispose(disposing);
    }
}
