using Apache.Arrow;
using Array = Apache.Arrow.Array;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Validity of a range of an Arrow array, the array's own offset included.</summary>
readonly ref struct Validity
{
    readonly ReadOnlySpan<byte> _bitmap;
    readonly int _offset;

    /// <summary>Validity of the elements from <paramref name="start"/> on.</summary>
    public Validity(IArrowArray array, int start)
    {
        if (array.Data.GetNullCount() == 0) return;
        _bitmap = ((Array)array).NullBitmapBuffer.Span;
        _offset = array.Offset + start;
    }

    /// <summary>Whether no element is null, as far as is known without looking.</summary>
    public bool AllValid => _bitmap.IsEmpty;

    /// <summary>Whether element <paramref name="index"/> of the range has a value.</summary>
    public bool this[int index]
    {
        get
        {
            if (_bitmap.IsEmpty) return true;
            int bit = _offset + index;
            return ((_bitmap[bit >> 3] >> (bit & 7)) & 1) != 0;
        }
    }

    /// <summary>Sets the keys of null elements to 0.</summary>
    public void Clear(Span<ulong> keys)
    {
        if (AllValid) return;
        for (int i = 0; i < keys.Length; i++)
        {
            if (!this[i]) keys[i] = 0;
        }
    }
}
