using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The validity bits of a column; without a null there is no buffer.</summary>
struct ValidityBuilder
{
    byte[] _bits;
    int _count;

    public ValidityBuilder() => _bits = new byte[64];

    /// <summary>Nulls so far.</summary>
    public int NullCount { get; private set; }

    /// <summary>Bytes of the slab.</summary>
    public readonly long SlabBytes => Slab.Padded((_count + 7) >> 3);

    /// <summary>Adds one row. Bits are kept from the first null on.</summary>
    public void Append(bool isValid)
    {
        if (isValid && NullCount == 0)
        {
            _count++;
            return;
        }

        AppendBit(isValid);
    }

    /// <summary>Adds rows of an array.</summary>
    public void AppendRange(ArrayData data, int start, int count)
    {
        ReadOnlySpan<byte> bits = data.NullCount == 0 || data.Buffers[0].IsEmpty ? default : data.Buffers[0].Span;
        for (int i = data.Offset + start, end = i + count; i < end; i++) Append(bits.IsEmpty || BitUtility.GetBit(bits, i));
    }

    /// <summary>Whether a row is no null.</summary>
    public readonly bool IsValid(int row) => NullCount == 0 || (_bits[row >> 3] & (1 << (row & 7))) != 0;

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _count = 0;
        NullCount = 0;
    }

    /// <summary>Copies the bits to the slab and begins anew.</summary>
    public ArrowBuffer Build(ref Slab slab)
    {
        ArrowBuffer buffer = NullCount == 0 ? ArrowBuffer.Empty : slab.Add<byte>(_bits.AsSpan(0, (_count + 7) >> 3));
        Clear();
        return buffer;
    }

    void AppendBit(bool isValid)
    {
        int at = _count >> 3;
        if (at >= _bits.Length) System.Array.Resize(ref _bits, Math.Max(2 * _bits.Length, at + 1));
        int bit = _count++ & 7;
        if (isValid)
        {
            if (bit == 0) _bits[at] = 0;
            _bits[at] |= (byte)(1 << bit);
            return;
        }

        if (NullCount++ == 0)
        {
            _bits.AsSpan(0, at).Fill(255);
            _bits[at] = (byte)((1 << bit) - 1);
        }
        else if (bit == 0)
        {
            _bits[at] = 0;
        }
    }
}
