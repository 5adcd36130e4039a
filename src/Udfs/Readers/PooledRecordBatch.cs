using System.Buffers;
using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// A batch whose buffers lie in pooled memory. <see cref="RecordBatch.Dispose()"/> gives the memory back for the next batch:
/// nothing of the batch may be used afterwards. A batch that is never disposed is collected as usual.
/// </summary>
sealed class PooledRecordBatch(Schema schema, IArrowArray[] columns, int length, byte[] slab) : RecordBatch(schema, columns, length)
{
    byte[]? _slab = slab;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Interlocked.Exchange(ref _slab, null) is { } memory) ArrayPool<byte>.Shared.Return(memory);
    }
}
