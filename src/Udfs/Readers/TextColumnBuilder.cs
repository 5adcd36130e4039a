using System.Runtime.InteropServices;
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

    /// <summary>Adds a value.</summary>
    public void Append(ReadOnlySpan<byte> value)
    {
        int start = _offsets[Count];
        int end = checked(start + value.Length);
        if (end > _bytes.Length) System.Array.Resize(ref _bytes, (int)Math.Min(System.Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
        value.CopyTo(_bytes.AsSpan(start));
        _validity.Append(true);
        Advance(end);
    }

    public override void AppendNull()
    {
        _validity.Append(false);
        Advance(_offsets[Count]);
    }

    public override void Pack(int row, PackedRow target)
    {
        ReadOnlySpan<byte> value = _bytes.AsSpan(_offsets[row].._offsets[row + 1]);
        target.AddCount(_validity.IsValid(row) ? value.Length + 1 : 0);
        target.Add(value);
    }

    public override void AppendPacked(ref ReadOnlySpan<byte> packed)
    {
        int length = PackedRow.TakeCount(ref packed) - 1;
        if (length < 0) AppendNull();
        else Append(PackedRow.Take(ref packed, length));
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
        if (end > _bytes.Length) System.Array.Resize(ref _bytes, (int)Math.Min(System.Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
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
}
