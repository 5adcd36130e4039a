using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// The keys of one sub-table whose rows came or changed since a mark, and the keys that were removed since then. When they are
/// so many that a delta would hardly be smaller than a whole snapshot, or when memory is short, all of them are forgotten. A
/// change of a row that is known already costs a look at one bit. Not thread-safe: the caller holds the sub-table's gate.
/// </summary>
/// <param name="mark">Names the moment of the beginning.</param>
/// <param name="budget">The memory of the shard.</param>
/// <param name="table">The table's name.</param>
sealed class RowChanges(Guid mark, MemoryBudget budget, string table) : IDisposable
{
    const int AlwaysKnown = 4096;

    ulong[] _bits = [];
    ulong[] _changed = [];
    ulong[] _removed = [];
    int _changedCount;
    int _removedCount;
    long _accounted;

    /// <summary>Names the moment of the beginning.</summary>
    public Guid Mark => mark;

    /// <summary>Whether nothing was forgotten; once false it stays so.</summary>
    public bool IsKnown { get; private set; } = true;

    /// <summary>Keys whose rows came or changed; some may be absent by now, and a key may occur again after it was removed.</summary>
    public ReadOnlySpan<ulong> Changed => _changed.AsSpan(0, _changedCount);

    /// <summary>Keys that were removed, in no order; some may be present again.</summary>
    public ReadOnlySpan<ulong> Removed => _removed.AsSpan(0, _removedCount);

    /// <summary>Remembers that a row came or changed.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="key">Its key.</param>
    /// <param name="rowCount">Rows of the sub-table.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Change(uint row, ulong key, int rowCount)
    {
        uint word = row >> 6;
        ulong[] bits = _bits;
        if (word >= (uint)bits.Length || ((bits[word] >> (int)row) & 1) == 0) Add(row, key, rowCount);
    }

    /// <summary>Remembers that a row was removed; its number may be another row's later.</summary>
    public void Remove(uint row, ulong key, int rowCount)
    {
        if (!TryAppend(ref _removed, ref _removedCount, key, rowCount)) return;
        uint word = row >> 6;
        if (word < (uint)_bits.Length) _bits[word] &= ~(1UL << (int)row);
    }

    /// <summary>Adds what changed afterwards, and disposes of <paramref name="later"/>.</summary>
    public void Append(RowChanges later, int rowCount)
    {
        if (!later.IsKnown) Forget();
        foreach (ulong key in later.Changed)
            if (!TryAppend(ref _changed, ref _changedCount, key, rowCount)) break;
        foreach (ulong key in later.Removed)
            if (!TryAppend(ref _removed, ref _removedCount, key, rowCount)) break;
        later.Dispose();
    }

    /// <summary>Frees what only further changes need; there are none.</summary>
    public void Close()
    {
        Account(-(long)_bits.Length * sizeof(ulong));
        _bits = [];
    }

    /// <summary>Forgets everything: any row may have changed.</summary>
    public void Forget()
    {
        IsKnown = false;
        _bits = _changed = _removed = [];
        _changedCount = _removedCount = 0;
        Account(-_accounted);
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    [MethodImpl(MethodImplOptions.NoInlining)]
    void Add(uint row, ulong key, int rowCount)
    {
        int word = (int)(row >> 6);
        if (!IsKnown || !HasRoom(ref _bits, word, rowCount) || !TryAppend(ref _changed, ref _changedCount, key, rowCount)) return;
        _bits[word] |= 1UL << (int)row;
    }

    bool TryAppend(ref ulong[] list, ref int count, ulong key, int rowCount)
    {
        if (!IsKnown || !HasRoom(ref list, count, rowCount)) return false;
        list[count++] = key;
        return true;
    }

    // Makes room for an element; without success everything is forgotten.
    bool HasRoom(ref ulong[] list, int index, int rowCount)
    {
        if (_changedCount + _removedCount >= AlwaysKnown + (rowCount / 2))
        {
            Forget();
            return false;
        }

        if (index < list.Length) return true;
        int length = Math.Max(Math.Max(64, index + 1), 2 * list.Length);
        try
        {
            Account((long)(length - list.Length) * sizeof(ulong));
        }
        catch (ShardCapacityException)
        {
            Forget();
            return false;
        }

        Array.Resize(ref list, length);
        return true;
    }

    void Account(long bytes)
    {
        budget.TakeSpare(bytes, table, 0);
        _accounted += bytes;
    }
}
