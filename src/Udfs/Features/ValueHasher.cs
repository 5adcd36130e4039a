using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>
/// The keys of one column of categories, straight from the Arrow buffers. Text is hashed as it is; integers, truth values,
/// dates and timestamps by their canonical text (<see cref="CanonicalText"/>). Keeps its scratch memory; not thread-safe.
/// </summary>
sealed class ValueHasher(HashMode mode, string column)
{
    readonly ColumnHash _hash = new(mode, column);
    ulong[] _dictionary = [];
    int[] _offsets = [];

    /// <summary>Hashes all rows of <paramref name="array"/> into <paramref name="result"/>.</summary>
    /// <exception cref="BadInputException">The type of the column is no category.</exception>
    public void Hash(IArrowArray array, ColumnKeys result)
    {
        int rows = array.Length;
        switch (array)
        {
            case FixedSizeListArray list:
                HashList(list, list.Values, FixedOffsets(list), result);
                break;
            case LargeListArray list:
                HashList(list, list.Values, rows == 0 ? [0] : NarrowOffsets(list.ValueOffsets), result);
                break;
            case ListArray list:
                HashList(list, list.Values, rows == 0 ? [0] : list.ValueOffsets, result);
                break;
            default:
                HashValues(array, 0, result.BeginScalar(rows));
                break;
        }
    }

    void HashList(IArrowArray list, IArrowArray values, ReadOnlySpan<int> offsets, ColumnKeys result)
    {
        Span<int> starts = result.BeginList(list.Length);
        int first = offsets[0];
        int length = offsets[^1] - first;
        Span<ulong> keys = result.Grow(length)[..length];
        HashValues(values, first, keys);
        var rowValidity = new Validity(list, 0);
        var elementValidity = new Validity(values, first);

        // MetaSpore skips null elements only: an empty text stays, with the key 0.
        bool keepEmpty = mode == HashMode.MetaSpore && values is not NullArray;
        if (rowValidity.AllValid && ((keepEmpty && elementValidity.AllValid) || !keys.Contains(0UL)))
        {
            for (int row = 0; row < starts.Length; row++) starts[row] = offsets[row] - first;
            return;
        }

        // Keys only move towards the front, so they are compacted in place.
        int count = 0;
        for (int row = 0; row < list.Length; row++)
        {
            starts[row] = count;
            if (!rowValidity[row]) continue;
            for (int i = offsets[row] - first; i < offsets[row + 1] - first; i++)
            {
                ulong key = keys[i];
                if (key != 0 || (keepEmpty && elementValidity[i])) keys[count++] = key;
            }
        }

        starts[list.Length] = count;
    }

    /// <summary>Keys of the elements from <paramref name="start"/> on; 0 for null and for the empty text.</summary>
    void HashValues(IArrowArray array, int start, Span<ulong> keys)
    {
        if (keys.IsEmpty) return;
        switch (array)
        {
            case StringArray text:
                _hash.Keys(text.ValueBuffer.Span, text.ValueOffsets.Slice(start, keys.Length + 1), keys);
                break;
            case LargeStringArray text:
                _hash.Keys(text.ValueBuffer.Span, text.ValueOffsets.Slice(start, keys.Length + 1), keys);
                break;
            case StringViewArray text:
                for (int i = 0; i < keys.Length; i++) keys[i] = _hash.Key(text.GetBytes(start + i));
                break;
            case DictionaryArray dictionary:
                HashDictionary(dictionary, start, keys);
                break;
            case NullArray:
                keys.Clear();
                return;
            default:
                HashCanonical(array, start, keys);
                break;
        }

        new Validity(array, start).Clear(keys);
    }

    void HashDictionary(DictionaryArray array, int start, Span<ulong> keys)
    {
        if (array.Dictionary is DictionaryArray) throw Unsupported(array);
        Span<ulong> entries = Scratch(ref _dictionary, array.Dictionary.Length);
        HashValues(array.Dictionary, 0, entries);
        var validity = new Validity(array, start);
        for (int i = 0; i < keys.Length; i++)
        {
            if (!validity[i]) continue;
            long index = DictionaryIndex(array.Indices, start + i);
            if ((ulong)index >= (ulong)entries.Length)
            {
                throw new BadInputException(
                    $"column '{column}', row {start + i} of the batch: dictionary index {index} is outside the dictionary of "
                    + $"{entries.Length} values; the Arrow data is damaged");
            }

            keys[i] = entries[(int)index];
        }
    }

    static long DictionaryIndex(IArrowArray indices, int i) => indices switch
    {
        Int32Array array => array.Values[i],
        Int8Array array => array.Values[i],
        Int16Array array => array.Values[i],
        Int64Array array => array.Values[i],
        UInt8Array array => array.Values[i],
        UInt16Array array => array.Values[i],
        UInt32Array array => array.Values[i],
        UInt64Array array => unchecked((long)array.Values[i]),
        _ => -1,
    };

    void HashCanonical(IArrowArray array, int start, Span<ulong> keys)
    {
        if (!CanonicalText.Supports(array)) throw Unsupported(array);
        Span<byte> text = stackalloc byte[CanonicalText.MaxLength];
        var validity = new Validity(array, start);
        for (int i = 0; i < keys.Length; i++)
        {
            if (validity[i]) keys[i] = _hash.Key(text[..CanonicalText.Format(array, start + i, text)]);
        }
    }

    BadInputException Unsupported(IArrowArray array)
    {
        IArrowType type = array.Data.DataType;
        string cure = type.TypeId is ArrowTypeId.Float or ArrowTypeId.Double or ArrowTypeId.HalfFloat
                or ArrowTypeId.Decimal128 or ArrowTypeId.Decimal256
            ? "a number with a fraction is no category: list the column under numeric (as log2, quantile or value), or give it as text"
            : "convert the column to text, integer, bool, date or timestamp, or to a list of these";
        return new($"column '{column}' has the Arrow type {type.Name}, which can't be hashed as a category; {cure}");
    }

    ReadOnlySpan<int> FixedOffsets(FixedSizeListArray list)
    {
        int size = ((FixedSizeListType)list.Data.DataType).ListSize;
        Span<int> offsets = Scratch(ref _offsets, list.Length + 1);
        for (int i = 0; i < offsets.Length; i++) offsets[i] = checked((list.Offset + i) * size);
        return offsets;
    }

    ReadOnlySpan<int> NarrowOffsets(ReadOnlySpan<long> wide)
    {
        Span<int> offsets = Scratch(ref _offsets, wide.Length);
        for (int i = 0; i < offsets.Length; i++) offsets[i] = checked((int)wide[i]);
        return offsets;
    }

    static Span<T> Scratch<T>(ref T[] memory, int length)
    {
        if (memory.Length < length) memory = GC.AllocateUninitializedArray<T>(length + (length >> 1));
        return memory.AsSpan(0, length);
    }
}
