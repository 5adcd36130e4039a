using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Rows in memory, each in one piece, so that taking a row anywhere costs one or two cache misses and not two a column.
/// Reading is thread-safe once nothing is added any more.
/// </summary>
sealed class PackedRows : IDisposable
{
    const int BlockBytes = 1 << 26;

    readonly List<(NativeBuffer Owner, NativeBlock Memory)> _blocks = [];
    readonly PackedRow _row = new();
    (int Block, int Start, int Length)[] _places = new (int, int, int)[1024];
    int _block = -1;
    int _used;

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the rows held.</summary>
    public long ByteLength { get; private set; }

    /// <summary>Moves all rows of the assembler here.</summary>
    public void Add(BatchAssembler rows)
    {
        for (int i = 0; i < rows.RowCount; i++)
        {
            _row.Clear();
            foreach (ColumnBuilder builder in rows.Builders) builder.Pack(i, _row);
            Add(_row.Bytes);
        }

        rows.Clear();
    }

    /// <summary>Starts to fetch row <paramref name="index"/> from memory, for a <see cref="CopyTo"/> soon.</summary>
    public void Prefetch(int index)
    {
        (int block, int start, int length) = _places[index];
        _blocks[block].Memory.Slice(start, length).Prefetch();
    }

    /// <summary>Adds row <paramref name="index"/> to the assembler.</summary>
    public void CopyTo(int index, BatchAssembler target)
    {
        (int block, int start, int length) = _places[index];
        ReadOnlySpan<byte> packed = _blocks[block].Memory.AsSpan<byte>().Slice(start, length);
        foreach (ColumnBuilder builder in target.Builders) builder.AppendPacked(ref packed);
        GC.KeepAlive(this);
        target.RowCount++;
    }

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        ByteLength = 0;
        _block = _blocks.Count > 0 ? 0 : -1;
        _used = 0;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Clear();
        foreach ((NativeBuffer owner, _) in _blocks) owner.Dispose();
        _blocks.Clear();
        _block = -1;
    }

    void Add(ReadOnlySpan<byte> row)
    {
        while (_block < 0 || _blocks[_block].Memory.ByteLength - _used < row.Length) NextBlock(row.Length);
        row.CopyTo(_blocks[_block].Memory.AsSpan<byte>()[_used..]);
        if (Count == _places.Length) Array.Resize(ref _places, 2 * Count);
        _places[Count++] = (_block, _used, row.Length);
        _used += row.Length;
        ByteLength += row.Length;
    }

    void NextBlock(int length)
    {
        _used = 0;
        if (++_block < _blocks.Count) return;
        var block = new NativeBuffer();
        _blocks.Add((block, block.Reserve<byte>(Math.Max(BlockBytes, length))));
    }
}
