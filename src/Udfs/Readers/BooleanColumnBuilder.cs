using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Builds bool columns, one bit a value.</summary>
sealed class BooleanColumnBuilder : ColumnBuilder
{
    ValidityBuilder _validity = new();
    byte[] _bits = new byte[64];

    public override IArrowType Type => BooleanType.Default;

    public override long SlabBytes => _validity.SlabBytes + Slab.Padded((Count + 7) >> 3);

    public override void AppendNull()
    {
        _validity.Append(false);
        Append(false);
    }

    public override void Pack(int row, PackedRow target) =>
        target.AddCount(!_validity.IsValid(row) ? 0 : BitUtility.GetBit(_bits, row) ? 2 : 1);

    public override void AppendPacked(ref ReadOnlySpan<byte> packed)
    {
        int value = PackedRow.TakeCount(ref packed);
        _validity.Append(value > 0);
        Append(value == 2);
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
        ReadOnlySpan<byte> bits = data.Buffers[1].Span;
        for (int i = data.Offset + start, end = i + count; i < end; i++) Append(BitUtility.GetBit(bits, i));
    }

    public override ArrayData Build(ref Slab slab)
    {
        int count = Count;
        int nulls = _validity.NullCount;
        ArrowBuffer validity = _validity.Build(ref slab);
        Count = 0;
        return new(Type, count, nulls, 0, [validity, slab.Add<byte>(_bits.AsSpan(0, (count + 7) >> 3))]);
    }

    void Append(bool value)
    {
        int at = Count >> 3;
        if (at == _bits.Length) System.Array.Resize(ref _bits, 2 * at);
        if ((Count & 7) == 0) _bits[at] = 0;
        if (value) _bits[at] |= (byte)(1 << (Count & 7));
        Count++;
    }
}
