using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Builds utf8 (or binary) columns.</summary>
sealed class TextColumnBuilder(IArrowType type, MissingCells missing) : ColumnBuilder
{
    ValidityBuilder _validity = new();
    int[] _offsets = new int[257];
    byte[] _bytes = new byte[4096];

    public override IArrowType Type { get; } = type;

    public override long SlabBytes =>
        _validity.SlabBytes + Slab.Padded(sizeof(int) * (Count + 1L)) + Slab.Padded(_offsets[Count]);

    public override string? AppendCell(ReadOnlySpan<byte> cell)
    {
        if (missing.Contains(cell)) AppendNull();
        else Append(cell);
        return null;
    }

    public override int AppendCells(TextCells cells, out string? problem)
    {
        ReserveRows(cells.Count);
        ReadOnlySpan<int> starts = cells.Starts;
        ReadOnlySpan<int> ends = cells.Ends;
        Span<int> offsets = _offsets.AsSpan(Count + 1, cells.Count);
        int end = _offsets[Count];
        for (int row = 0, at = 0; row < offsets.Length; row++, at += cells.Stride)
        {
            int start = starts[at];
            int length = ends[at] - start;
            if (missing.Contains(cells.Text.Slice(start, length)))
            {
                _validity.Append(false);
            }
            else
            {
                Copy(cells.Text[start..], length, end);
                end += length;
                _validity.Append(true);
            }

            offsets[row] = end;
        }

        Count += cells.Count;
        problem = null;
        return cells.Count;
    }

    /// <summary>Adds a value.</summary>
    public void Append(ReadOnlySpan<byte> value)
    {
        int start = _offsets[Count];
        Copy(value, value.Length, start);
        _validity.Append(true);
        Advance(start + value.Length);
    }

    public override void AppendNull()
    {
        _validity.Append(false);
        Advance(_offsets[Count]);
    }

    public override void Pack(int row, PackedRow target)
    {
        if (_validity.IsValid(row)) target.AddSized(_bytes.AsSpan(_offsets[row].._offsets[row + 1]));
        else target.AddCount(0);
    }

    public override void AppendPacked(ref ReadOnlySpan<byte> packed)
    {
        int length = PackedRow.TakeCount(ref packed) - 1;
        if (length < 0)
        {
            AppendNull();
            return;
        }

        int start = _offsets[Count];
        Copy(packed, length, start);
        packed = packed[length..];
        _validity.Append(true);
        Advance(start + length);
    }

    public override void Clear()
    {
        _validity.Clear();
        Count = 0;
    }

    public override void AppendRange(IArrowArray array, int start, int count)
    {
        ArrayData data = array.Data;
        _validity.AppendRange(data, start, count);
        ReadOnlySpan<int> offsets = MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset + start, count + 1);
        int shift = _offsets[Count] - offsets[0];
        int end = checked(_offsets[Count] + (offsets[^1] - offsets[0]));
        ReserveBytes(end);
        data.Buffers[2].Span[offsets[0]..offsets[^1]].CopyTo(_bytes.AsSpan(_offsets[Count]));
        for (int i = 1; i <= count; i++) Advance(offsets[i] + shift);
    }

    public override ArrayData Build(ref Slab slab)
    {
        int count = Count;
        int nulls = _validity.NullCount;
        ArrowBuffer validity = _validity.Build(ref slab);
        ArrowBuffer offsets = slab.Add<int>(_offsets.AsSpan(0, count + 1));
        ArrowBuffer bytes = slab.Add<byte>(_bytes.AsSpan(0, _offsets[count]));
        Count = 0;
        return new(Type, count, nulls, 0, [validity, offsets, bytes]);
    }

    void Advance(int end)
    {
        if (++Count == _offsets.Length) System.Array.Resize(ref _offsets, 2 * Count);
        _offsets[Count] = end;
    }

    void ReserveRows(int count)
    {
        if (Count + count >= _offsets.Length) System.Array.Resize(ref _offsets, Math.Max(2 * _offsets.Length, Count + count + 1));
    }

    void ReserveBytes(int end)
    {
        if (end > _bytes.Length) System.Array.Resize(ref _bytes, (int)Math.Min(System.Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
    }

    /// <summary>Copies the first bytes of <paramref name="source"/>; a short value in one go of 16 bytes where both sides have them.</summary>
    void Copy(ReadOnlySpan<byte> source, int length, int at)
    {
        if (length <= Vector128<byte>.Count && source.Length >= Vector128<byte>.Count && _bytes.Length - at >= Vector128<byte>.Count)
        {
            Vector128.Create(source).CopyTo(_bytes.AsSpan(at));
            return;
        }

        ReserveBytes(checked(at + length));
        source[..length].CopyTo(_bytes.AsSpan(at));
    }
}
