using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Builds columns whose values all have the same number of bytes: integers, floats, dates, times, decimals.</summary>
sealed class FixedColumnBuilder(IArrowType type, int width) : ColumnBuilder
{
    ValidityBuilder _validity = new();
    byte[] _values = new byte[256 * width];

    public override IArrowType Type { get; } = type;

    public override long SlabBytes => _validity.SlabBytes + Slab.Padded((long)Count * width);

    public override void AppendNull()
    {
        _validity.Append(false);
        Next().Clear();
    }

    public override void Pack(int row, PackedRow target)
    {
        target.AddCount(_validity.IsValid(row) ? 1 : 0);
        target.Add(_values.AsSpan(row * width, width));
    }

    public override void AppendPacked(ref ReadOnlySpan<byte> packed)
    {
        _validity.Append(PackedRow.TakeCount(ref packed) > 0);
        PackedRow.Take(ref packed, width).CopyTo(Next());
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
        int at = Count * width;
        int bytes = checked(count * width);
        if (at + bytes > _values.Length) System.Array.Resize(ref _values, Math.Max(2 * _values.Length, at + bytes));
        data.Buffers[1].Span.Slice((data.Offset + start) * width, bytes).CopyTo(_values.AsSpan(at));
        Count += count;
    }

    public override ArrayData Build(ref Slab slab)
    {
        int count = Count;
        int nulls = _validity.NullCount;
        ArrowBuffer validity = _validity.Build(ref slab);
        Count = 0;
        return new(Type, count, nulls, 0, [validity, slab.Add<byte>(_values.AsSpan(0, count * width))]);
    }

    Span<byte> Next()
    {
        int at = Count++ * width;
        if (at + width > _values.Length) System.Array.Resize(ref _values, 2 * _values.Length);
        return _values.AsSpan(at, width);
    }
}
