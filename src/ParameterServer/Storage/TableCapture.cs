using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// A table as it was at one moment, which can be read while the table goes on changing: a row that changes before it was
/// read is copied aside first. Each row can be read once; keys are given in ascending order, so that equal tables give equal
/// files. One at a time for a table. Reading is for one thread.
/// </summary>
sealed unsafe class TableCapture : ITableRows, IDisposable
{
    readonly EmbeddingTable _table;
    readonly TableRowFormat _format;
    readonly NativeBuffer _memory = new();
    readonly NativeBuffer _keys = new();
    CapturedRow* _rows;
    int _count;
    bool _isSorted;

    /// <summary>Captures the table; of what others change meanwhile every row is in or out as a whole.</summary>
    /// <exception cref="ShardCapacityException">The shard's memory does not allow it.</exception>
    public TableCapture(EmbeddingTable table)
    {
        _table = table;
        _format = TableRowFormat.Of(table.Format.Spec);
        int begun = 0;
        foreach (SubTable part in table.Parts) part.Gate.Enter();
        try
        {
            _count = checked((int)table.Parts.Sum(p => (long)p.Count));
            _rows = (CapturedRow*)_memory.Reserve<CapturedRow>(_count).Address;
            CapturedRow* next = _rows;
            foreach (SubTable part in table.Parts)
            {
                part.Capture(new Span<CapturedRow>(next, part.Count));
                next += part.Count;
                begun++;
            }
        }
        catch
        {
            foreach (SubTable part in table.Parts.Take(begun)) part.EndCapture();
            _memory.Dispose();
            throw;
        }
        finally
        {
            foreach (SubTable part in table.Parts) part.Gate.Exit();
        }
    }

    /// <summary>The table.</summary>
    public EmbeddingTable Table => _table;

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
        for (int i = 0; i < captured.Length; i++)
            _format.SetAge(rows.Slice(i * RowBytes, RowBytes), captured[i].Age);
        NativeBlock wanted = _keys.Reserve<ulong>(keys.Length);
        keys.CopyTo(wanted.AsSpan<ulong>());
        fixed (CapturedRow* first = captured)
        fixed (byte* target = rows)
            _table.ReadCaptured(first, wanted, target, RowBytes);
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

    Span<CapturedRow> Sorted()
    {
        Span<CapturedRow> rows = new(_rows, _count);
        if (!_isSorted) CapturedRow.Sort(rows);
        _isSorted = true;
        return rows;
    }
}
