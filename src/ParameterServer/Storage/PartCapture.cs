using System.Runtime.CompilerServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// What keeps the rows of one sub-table as they were at one moment while they are read one by one: a bit for each row that
/// has been neither read nor changed since, and the former bytes of the rows that changed before they were read. Not
/// thread-safe: the caller holds the sub-table's gate.
/// </summary>
sealed unsafe class PartCapture : IDisposable
{
    const long AccountingStep = 256 << 10;

    readonly RowFormat _format;
    readonly MemoryBudget _budget;
    readonly ulong[] _pending;
    readonly long _rowCount;
    readonly long _fixedBytes;
    readonly NativeBuffer _slotMemory = new();
    readonly uint* _slots;
    readonly RowSlab _kept;
    long _accounted;
    ShardCapacityException? _fault;

    /// <summary>Prepares for rows with numbers below <paramref name="rowLimit"/>; none is captured yet.</summary>
    /// <param name="format">Their format.</param>
    /// <param name="budget">The memory of the shard.</param>
    /// <param name="rowLimit">Above every row number.</param>
    /// <param name="rowCount">Rows that will be captured.</param>
    /// <exception cref="ShardCapacityException">The budget does not allow it.</exception>
    public PartCapture(RowFormat format, MemoryBudget budget, uint rowLimit, long rowCount)
    {
        _format = format;
        _budget = budget;
        _rowCount = rowCount;
        long words = ((long)rowLimit + 63) / 64;
        _fixedBytes = (words * sizeof(ulong)) + ((long)rowLimit * sizeof(uint)) + (rowCount * sizeof(CapturedRow));
        Account(_fixedBytes);
        _pending = new ulong[words];
        _slots = (uint*)_slotMemory.Reserve<uint>(rowLimit).Address;
        _kept = new RowSlab(format.Stride);
    }

    /// <summary>Captures a row.</summary>
    /// <returns>False when it was captured already.</returns>
    public bool TryAdd(uint row)
    {
        ulong bit = 1UL << (int)row;
        ref ulong word = ref _pending[row >> 6];
        bool isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    /// <summary>What <see cref="Keep"/> of a row writes to first, to be prefetched; any number.</summary>
    public void* PlaceOf(uint row) => _slots + row;

    /// <summary>Saves the bytes of a row that is about to change, if it was captured and has not been read yet.</summary>
    /// <param name="row">Any number.</param>
    /// <param name="content">The row.</param>
    public void Keep(uint row, byte* content)
    {
        if (!IsPending(row) || _fault is not null || !TryTakeSlot(out uint slot)) return;
        Settle(row);
        _slots[row] = slot;
        Unsafe.CopyBlockUnaligned(_kept.Row(slot), content, (uint)_format.RowBytes);
    }

    /// <summary>Checks that every row that changed was kept, and that the tables don't need the memory.</summary>
    /// <exception cref="ShardCapacityException">A row was not, or they do; the capture is of no more use.</exception>
    public void RequireWhole()
    {
        if (_fault is not null) throw _fault;
        _budget.RequireSpare(_format.Spec.Name, _rowCount);
    }

    /// <summary>Copies a captured row's bytes; once for each row, after <see cref="RequireWhole"/>.</summary>
    /// <param name="row">A captured row.</param>
    /// <param name="content">The row as it is now.</param>
    /// <param name="target">RowBytes, written.</param>
    public void Read(uint row, byte* content, byte* target)
    {
        if (IsPending(row))
        {
            Settle(row);
            Unsafe.CopyBlockUnaligned(target, content, (uint)_format.RowBytes);
            return;
        }

        uint slot = _slots[row];
        Unsafe.CopyBlockUnaligned(target, _kept.Row(slot), (uint)_format.RowBytes);
        _kept.Remove(slot);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        _slotMemory.Dispose();
        _budget.TakeSpare(-_accounted, _format.Spec.Name, _rowCount);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool IsPending(uint row)
    {
        uint word = row >> 6;
        return word < (uint)_pending.Length && ((_pending[word] >> (int)row) & 1) != 0;
    }

    void Settle(uint row) => _pending[row >> 6] &= ~(1UL << (int)row);

    // Training goes on when the memory does not suffice; the reader of the capture learns of it.
    bool TryTakeSlot(out uint slot)
    {
        slot = 0;
        try
        {
            if (_kept.Bytes + _format.Stride > _accounted - _fixedBytes) Account(Math.Max(AccountingStep, _format.Stride));
            slot = _kept.Add();
            return true;
        }
        catch (ShardCapacityException error)
        {
            _fault = new ShardCapacityException($"a snapshot keeps the rows that change while it is written: {error.Message}");
            return false;
        }
    }

    void Account(long bytes)
    {
        _budget.TakeSpare(bytes, _format.Spec.Name, _rowCount);
        _accounted += bytes;
    }
}
