using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// Which rows of a sub-table an open capture has not read yet, and copies of those that changed first. Its memory counts
/// against the shard's budget. Not thread-safe.
/// </summary>
/// <param name="rowCount">Rows in use or freed, which the capture may hold.</param>
/// <param name="format">How a row lies in memory.</param>
/// <param name="budget">The memory of the shard.</param>
/// <param name="clock">The sub-table's clock when the capture began.</param>
sealed unsafe class RowCapture(long rowCount, RowFormat format, MemoryBudget budget, uint clock) : IDisposable
{
    const int BlockRows = 4096;

    readonly ulong[] _pending = new ulong[(rowCount + 63) / 64];
    readonly Dictionary<ulong, int> _aside = [];
    readonly List<nint> _blocks = [];
    readonly List<int> _ages = [];

    /// <summary>The sub-table's clock when the capture began.</summary>
    public uint Clock => clock;

    int BlockBytes => BlockRows * format.RowBytes;

    /// <summary>Makes a row part of the capture.</summary>
    public void Add(uint row) => _pending[row >> 6] |= 1UL << (int)(row & 63);

    /// <summary>Whether the capture still needs a row; it does not any more from now on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Take(uint row)
    {
        int word = (int)(row >> 6);
        if (word >= _pending.Length) return false;
        ulong bit = 1UL << (int)(row & 63);
        if ((_pending[word] & bit) == 0) return false;
        _pending[word] &= ~bit;
        return true;
    }

    /// <summary>Keeps a copy of a row.</summary>
    public void PutAside(ulong key, byte* row, int age)
    {
        int slot = _ages.Count;
        if (slot % BlockRows == 0)
        {
            budget.Take(BlockBytes, format.Spec.Name, slot);
            _blocks.Add((nint)NativeMemory.Alloc((nuint)BlockBytes));
        }

        Unsafe.CopyBlockUnaligned(Slot(slot), row, (uint)format.RowBytes);
        _aside.Add(key, slot);
        _ages.Add(age);
    }

    /// <summary>Copies a row that was put aside.</summary>
    public bool TryRead(ulong key, byte* row, out int age)
    {
        bool found = _aside.TryGetValue(key, out int slot);
        age = found ? _ages[slot] : 0;
        if (found) Unsafe.CopyBlockUnaligned(row, Slot(slot), (uint)format.RowBytes);
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
            budget.Take(-BlockBytes, format.Spec.Name, 0);
        }

        _blocks.Clear();
    }

    byte* Slot(int slot) => (byte*)_blocks[slot / BlockRows] + ((long)(slot % BlockRows) * format.RowBytes);
}
