using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Builds list columns; from text, lists of utf8.</summary>
sealed class ListColumnBuilder : ColumnBuilder
{
    readonly ColumnBuilder _elements;
    readonly TextColumnBuilder? _tokens;
    readonly MissingCells _missing;
    readonly byte _delimiter;
    readonly bool _trim;
    ValidityBuilder _validity = new();
    int[] _offsets = new int[257];

    public ListColumnBuilder(ListType type, ColumnBuilder elements, MissingCells missing, char delimiter, bool trim)
    {
        Type = type;
        _elements = elements;
        _tokens = elements as TextColumnBuilder;
        _missing = missing;
        _delimiter = (byte)delimiter;
        _trim = trim;
    }

    public override IArrowType Type { get; }

    public override long SlabBytes =>
        _validity.SlabBytes + Slab.Padded(sizeof(int) * (Count + 1L)) + _elements.SlabBytes;

    public override string? AppendCell(ReadOnlySpan<byte> cell)
    {
        if (_missing.Contains(cell))
        {
            EndRow(false);
            return null;
        }

        while (true)
        {
            int at = cell.IndexOf(_delimiter);
            ReadOnlySpan<byte> token = at < 0 ? cell : cell[..at];
            AppendToken(_trim ? token.Trim(" \t"u8) : token);
            if (at < 0) break;
            cell = cell[(at + 1)..];
        }

        EndRow(true);
        return null;
    }

    /// <summary>Adds an element to the row that <see cref="EndRow"/> ends.</summary>
    public void AppendToken(ReadOnlySpan<byte> token) => _tokens!.Append(token);

    /// <summary>Ends the row.</summary>
    public void EndRow(bool isValid)
    {
        _validity.Append(isValid);
        Advance(_elements.Count);
    }

    public override void AppendNull() => EndRow(false);

    /// <summary>Adds elements of an array to the row that <see cref="EndRow"/> ends.</summary>
    public void AppendElements(IArrowArray array, int start, int count) => ArrayAppender.Append(_elements, array, start, count);

    public override void Pack(int row, PackedRow target)
    {
        int start = _offsets[row];
        int end = _offsets[row + 1];
        target.AddCount(_validity.IsValid(row) ? end - start + 1 : 0);
        for (int i = start; i < end; i++) _elements.Pack(i, target);
    }

    public override void AppendPacked(ref ReadOnlySpan<byte> packed)
    {
        int count = PackedRow.TakeCount(ref packed) - 1;
        for (int i = 0; i < count; i++) _elements.AppendPacked(ref packed);
        EndRow(count >= 0);
    }

    public override void Clear()
    {
        _validity.Clear();
        _elements.Clear();
        Count = 0;
    }

    public override void AppendRange(IArrowArray array, int start, int count)
    {
        ArrayData data = array.Data;
        _validity.AppendRange(data, start, count);
        ReadOnlySpan<int> offsets = MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset + start, count + 1);
        int shift = _offsets[Count] - offsets[0];
        _elements.AppendRange(ArrowArrayFactory.BuildArray(data.Children[0]), offsets[0], offsets[^1] - offsets[0]);
        for (int i = 1; i <= count; i++) Advance(offsets[i] + shift);
    }

    public override ArrayData Build(ref Slab slab)
    {
        int count = Count;
        int nulls = _validity.NullCount;
        ArrowBuffer validity = _validity.Build(ref slab);
        ArrowBuffer offsets = slab.Add<int>(_offsets.AsSpan(0, count + 1));
        ArrayData elements = _elements.Build(ref slab);
        Count = 0;
        return new(Type, count, nulls, 0, [validity, offsets], [elements]);
    }

    void Advance(int end)
    {
        if (++Count == _offsets.Length) System.Array.Resize(ref _offsets, 2 * Count);
        _offsets[Count] = end;
    }
}
