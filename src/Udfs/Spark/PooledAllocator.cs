using System.Buffers;
using System.Globalization;
using Apache.Arrow.Memory;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// Memory for the bodies of batches from the process's pool: a message is received into the memory that its columns point to, and the
/// memory is used again once the batch is disposed. Thread-safe.
/// </summary>
sealed class PooledAllocator : MemoryAllocator
{
    /// <summary>Largest body of one batch, in bytes.</summary>
    public const int MaxBytes = 1 << 30;

    PooledAllocator() { }

    public static PooledAllocator Shared { get; } = new();

    protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
    {
        if (length > MaxBytes)
            throw new SparkProtocolException(string.Create(
                CultureInfo.InvariantCulture, $"a column of Spark's batch takes {length} bytes, more than {MaxBytes}: lower spark.sql.execution.arrow.maxRecordsPerBatch"));
        bytesAllocated = length;
        return new Rented(length);
    }

    sealed class Rented(int length) : IMemoryOwner<byte>
    {
        byte[]? _memory = ArrayPool<byte>.Shared.Rent(length);

        public Memory<byte> Memory => (_memory ?? throw new ObjectDisposedException(nameof(Memory))).AsMemory(0, length);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _memory, null) is { } memory) ArrayPool<byte>.Shared.Return(memory);
        }
    }
}
