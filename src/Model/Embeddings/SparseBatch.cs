using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// The keys of one schema for one minibatch, in compressed rows: slot (b, f), row-major, holds the indices
/// <c>Indices[Offsets[b·F+f] .. Offsets[b·F+f+1])</c> into <c>UniqueKeys</c>, at least one a slot (an empty slot has the
/// padding key 0).
/// <code>
/// B=2, F=2   row 0: user=A tags=[x,y]   row 1: user=B tags=[]
/// keys       A | x y | B | 0            UniqueKeys A x y B 0     Indices 0 1 2 3 4     Offsets 0 1 3 4 5
/// </code>
/// Native memory, reused from batch to batch; not thread-safe.
/// </summary>
public sealed class SparseBatch : IDisposable
{
    readonly NativeBuffer _indices = new();
    readonly NativeBuffer _uniqueKeys = new();
    int[] _offsets = [];

    /// <summary>Rows (B).</summary>
    public int BatchSize { get; private set; }

    /// <summary>Features (F).</summary>
    public int FeatureCount { get; private set; }

    /// <summary>Keys before uniquify (N), at least B·F.</summary>
    public int IndexCount { get; private set; }

    /// <summary>Distinct keys (U).</summary>
    public int UniqueCount { get; private set; }

    /// <summary>Shape (N), int32 positions in <see cref="UniqueKeys"/>.</summary>
    public NativeBlock Indices { get; private set; }

    /// <summary>Shape (U), uint64, in order of first occurrence; may hold key 0.</summary>
    public NativeBlock UniqueKeys { get; private set; }

    /// <summary>Shape (B·F + 1), int32; the last one is N.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, (BatchSize * FeatureCount) + 1);

    /// <summary>Makes room for offsets and returns them for writing: shape (B·F + 1).</summary>
    public Span<int> BeginOffsets(int batchSize, int featureCount)
    {
        BatchSize = batchSize;
        FeatureCount = featureCount;
        int count = checked((batchSize * featureCount) + 1);
        if (_offsets.Length < count) _offsets = GC.AllocateUninitializedArray<int>(count + (count >> 1));
        return _offsets.AsSpan(0, count);
    }

    /// <summary>Sets the keys of all slots (N) and makes them unique in order of first occurrence.</summary>
    /// <param name="keys">Shape (N), in slot order.</param>
    /// <param name="uniquifier">Scratch memory of the caller.</param>
    public void SetKeys(ReadOnlySpan<ulong> keys, KeyUniquifier uniquifier)
    {
        IndexCount = keys.Length;
        Indices = _indices.Reserve<int>(keys.Length);
        NativeBlock unique = _uniqueKeys.Reserve<ulong>(keys.Length);
        UniqueCount = uniquifier.Uniquify(keys, unique.AsSpan<ulong>(), Indices.AsSpan<int>());
        UniqueKeys = unique.Slice(0, (long)UniqueCount * sizeof(ulong));
    }

    /// <summary>The distinct keys as a span of native memory.</summary>
    public ReadOnlySpan<ulong> UniqueKeySpan => UniqueKeys.AsSpan<ulong>();

    /// <summary>The indices as a span of native memory.</summary>
    public ReadOnlySpan<int> IndexSpan => Indices.AsSpan<int>();

    /// <inheritdoc/>
    public void Dispose()
    {
        _indices.Dispose();
        _uniqueKeys.Dispose();
    }
}
