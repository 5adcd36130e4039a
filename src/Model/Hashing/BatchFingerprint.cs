using System.IO.Hashing;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Embeddings;

namespace MetaSpore.Spark.Model.Hashing;

/// <summary>
/// Tells a repeated batch from another one: XxHash3 over, for each schema, the number of rows, the slots' offsets, the
/// distinct keys and the indices, then the labels. Reused from batch to batch; not thread-safe; allocates nothing.
/// </summary>
public sealed class BatchFingerprint
{
    readonly XxHash3 _hash = new();

    /// <summary>The fingerprint of a batch.</summary>
    /// <param name="schemas">The keys by schema.</param>
    /// <param name="labels">Shape (B), or empty when the rows have no label.</param>
    public ulong Compute(IReadOnlyList<SparseBatch> schemas, ReadOnlySpan<float> labels)
    {
        _hash.Reset();
        for (int i = 0; i < schemas.Count; i++)
        {
            SparseBatch batch = schemas[i];
            int rows = batch.BatchSize;
            _hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in rows)));
            _hash.Append(MemoryMarshal.AsBytes(batch.Offsets));
            _hash.Append(MemoryMarshal.AsBytes(batch.UniqueKeySpan));
            _hash.Append(MemoryMarshal.AsBytes(batch.IndexSpan));
        }

        _hash.Append(MemoryMarshal.AsBytes(labels));
        return _hash.GetCurrentHashAsUInt64();
    }
}
