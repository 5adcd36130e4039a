using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// The memory of the server's connections in blocks as large as messages ask for: a read of a socket fills at most one block, and
/// with the usual 4 KB a message of megabytes takes hundreds of reads. Thread-safe.
/// </summary>
sealed class WireMemoryPool : MemoryPool<byte>
{
    const int BlockBytes = 128 << 10;

    // 64 MiB wait for reuse at most.
    const int PooledBlocks = 512;

    readonly ConcurrentQueue<Block> _free = [];

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _free.TryDequeue(out Block? block) ? block : new Block(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _free.Clear();

    /// <summary>Makes the pools of a server.</summary>
    public sealed class Factory : IMemoryPoolFactory<byte>
    {
        /// <inheritdoc/>
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new WireMemoryPool();
    }

    sealed class Block : IMemoryOwner<byte>
    {
        readonly WireMemoryPool _pool;

        public Block(WireMemoryPool pool)
        {
            _pool = pool;
            byte[] array = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
            Memory = MemoryMarshal.CreateFromPinnedArray(array, 0, array.Length);
        }

        public Memory<byte> Memory { get; }

        public void Dispose()
        {
            if (_pool._free.Count < PooledBlocks) _pool._free.Enqueue(this);
        }
    }
}
