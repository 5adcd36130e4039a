using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// A table as it was at one moment, or what had changed of it since an earlier moment, which can be read while the table goes on
/// changing: a row that changes before it was read is copied aside first. Each row can be read once. One at a time for a table.
/// Reading is for one thread.
/// </summary>
sealed unsafe class TableCapture : ITableRows, IDisposable
{
    readonly EmbeddingTable _table;
    readonly TableRowFormat _format;
    readonly NativeBuffer _memory = new();
    readonly NativeBuffer _keys = new();
    readonly RowOrder _order;
    readonly int[] _ends;
    CapturedRow* _rows;
    int _count;
    bool _isSorted;

    /// <summary>Captures the table; of what others change meanwhile every row is in or out as a whole.</summary>
    /// <param name="table">The table; its changes are remembered from now on when <paramref name="mark"/> is given.</param>
    /// <param name="order">The order in which rows are given.</param>
    /// <param name="mark">Names this moment; the default: no mark is set. Tables that are saved as text ignore it.</param>
    /// <param name="since">
    /// Capture only what changed since this mark, when that is known; else, and with the default, capture all rows.
    /// </param>
    /// <exception cref="ShardCapacityException">The shard's memory does not allow it.</exception>
    public TableCapture(EmbeddingTable table, RowOrder order, Guid mark = default, Guid since = default)
    {
        _table = table;
        _order = order;
        _ends = new int[table.Parts.Count];
        _format = TableRowFormat.Of(table.Format.Spec);
        foreach (SubTable part in table.Parts) part.Gate.Enter();
        try
        {
            Capture(since);
            if (mark == default || table.Format.Spec.SaveAsText) return;
            foreach (SubTable part in table.Parts) part.SetMark(mark, since);
        }
        finally
        {
            foreach (SubTable part in table.Parts) part.Gate.Exit();
        }
    }

    /// <summary>The table.</summary>
    public EmbeddingTable Table => _table;

    /// <summary>The keys that were removed since the earlier moment, ascending; null when all rows are captured.</summary>
    public ulong[]? Removed { get; private set; }

    /// <inheritdoc/>
    public long Count => _count;

    /// <inheritdoc/>
    public int RowBytes => _format.RowBytes;

    /// <inheritdoc/>
    public void ReadKeys(long start, Span<ulong> keys)
    {
        ReadOnlySpan<CapturedRow> rows = Sorted().Slice(checked((int)start), keys.Length);
        for (int i = 0; i < keys.Length; i++) keys[i] = rows[i].Key;
    }

    /// <inheritdoc/>
    /// <exception cref="ShardCapacityException">The shard's memory did not allow to keep what changed since the capture.</exception>
    public void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> rows)
    {
        ReadOnlySpan<CapturedRow> captured = Sorted().Slice(checked((int)start), keys.Length);
        NativeBlock wanted = _keys.Reserve<ulong>(keys.Length);
        keys.CopyTo(wanted.AsSpan<ulong>());
        fixed (CapturedRow* first = captured)
        fixed (byte* target = rows)
            _table.ReadCaptured(first, wanted, target, _format);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SubTable part in _table.Parts)
        {
            lock (part.Gate) part.EndCapture();
        }

        _memory.Dispose();
        _keys.Dispose();
    }

    void Capture(Guid since)
    {
        int[] changed = [.. _table.Parts.Select(p => p.CountChanges(since))];
        List<ulong>? removed = Array.TrueForAll(changed, count => count >= 0) ? [] : null;
        int begun = 0;
        try
        {
            long most = _table.Parts.Select((p, i) => (long)(removed is null ? p.Count : changed[i])).Sum();
            _rows = (CapturedRow*)_memory.Reserve<CapturedRow>(checked((int)most)).Address;
            for (int i = 0; i < changed.Length; i++, begun++)
            {
                SubTable part = _table.Parts[i];
                Span<CapturedRow> rows = new(_rows + _count, removed is null ? part.Count : changed[i]);
                if (removed is null) part.Capture(rows);
                _count += removed is null ? rows.Length : part.CaptureChanges(since, rows, removed);
                _ends[i] = _count;
            }
        }
        catch
        {
            foreach (SubTable part in _table.Parts.Take(begun)) part.EndCapture();
            _memory.Dispose();
            throw;
        }

        if (removed is not null) Removed = [.. removed.Distinct().Order()];
    }

    Span<CapturedRow> Sorted()
    {
        Span<CapturedRow> rows = new(_rows, _count);
        if (_isSorted) return rows;
        _isSorted = true;
        if (_order == RowOrder.Keys)
        {
            CapturedRow.SortByKey(rows);
            return rows;
        }

        int start = 0;
        foreach (int end in _ends)
        {
            CapturedRow.SortByRow(rows[start..end]);
            start = end;
        }

        return rows;
    }
}
