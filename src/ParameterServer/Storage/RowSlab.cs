using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// Rows of one size in native memory that never move. Chunk i holds 2^(b+i) rows; row r lies in the chunk that the
/// leading bit of r + 2^b names, so that an address costs a bit scan, one load and one multiplication. Freed rows form a
/// list through their own first bytes. Not thread-safe.
/// </summary>
sealed unsafe class RowSlab : IDisposable
{
    const int MaxChunks = 33;

    readonly int _stride;
    readonly int _firstBits;
    readonly uint _firstRows;

    // _bases[i] is the address of chunk i minus 2^(b+i)·stride: the address of row r is _bases[i] + (r + 2^b)·stride.
    readonly byte** _bases = (byte**)NativeMemory.AllocZeroed(MaxChunks, (nuint)sizeof(byte*));
    int _chunks;
    uint _used;
    uint _free = uint.MaxValue;
    bool _disposed;

    /// <summary>Creates an empty slab.</summary>
    /// <param name="stride">Bytes from row to row, a positive multiple of 16.</param>
    public RowSlab(int stride)
    {
        _stride = stride;
        _firstBits = BitOperations.Log2((uint)Math.Max(16, 4096 / stride));
        _firstRows = 1u << _firstBits;
    }

    /// <summary>Bytes of the rows in use and of the freed rows among them.</summary>
    public long Bytes => (long)_used * _stride;

    /// <summary>Above the number of every row.</summary>
    public uint Limit => _used;

    /// <summary>The largest number of rows.</summary>
    public static uint MaxRows => 1u << 31;

    /// <summary>The address of a row that <see cref="Add"/> returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Row(uint number)
    {
        ulong biased = (ulong)number + _firstRows;
        int chunk = BitOperations.Log2(biased) - _firstBits;
        return _bases[chunk] + (biased * (uint)_stride);
    }

    /// <summary>Bytes that the next <see cref="Add"/> would take from the system, as address space.</summary>
    public long NextChunkBytes => _free == uint.MaxValue && _used == CapacityRows ? (long)ChunkRows(_chunks) * _stride : 0;

    /// <summary>Takes a row; its content is undefined.</summary>
    public uint Add()
    {
        if (_free != uint.MaxValue)
        {
            uint reused = _free;
            _free = *(uint*)Row(reused);
            return reused;
        }

        if (_used == CapacityRows)
        {
            nuint rows = ChunkRows(_chunks);
            byte* memory = NativePages.Allocate(rows * (nuint)_stride);
            _bases[_chunks] = memory - (rows * (nuint)_stride);
            _chunks++;
        }

        return (uint)_used++;
    }

    /// <summary>Gives a row back for reuse.</summary>
    public void Remove(uint number)
    {
        *(uint*)Row(number) = _free;
        _free = number;
    }

    /// <summary>Frees all rows and their memory.</summary>
    public void Clear()
    {
        for (int i = 0; i < _chunks; i++)
        {
            nuint bytes = ChunkRows(i) * (nuint)_stride;
            NativePages.Free(_bases[i] + bytes, bytes);
            _bases[i] = null;
        }

        _chunks = 0;
        _used = 0;
        _free = uint.MaxValue;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Clear();
        NativeMemory.Free(_bases);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory of a slab that was not disposed.</summary>
    ~RowSlab() => Dispose();

    // Chunks 0..i-1 hold 2^(b+i) - 2^b rows.
    uint CapacityRows => (uint)((((ulong)_firstRows << _chunks) - _firstRows) & uint.MaxValue);

    nuint ChunkRows(int chunk) => (nuint)_firstRows << chunk;
}
