using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Model.Hashing;

/// <summary>
/// Turns the values of one column into 64-bit keys; docs/feature-schema.md gives the bytes. The empty text has the key 0
/// (padding) in both modes. Immutable, thread-safe, allocates nothing.
/// </summary>
public readonly struct ColumnHash
{
    readonly ulong _seed;

    /// <summary>Prepares the hash of a column.</summary>
    /// <param name="mode">The hash functions.</param>
    /// <param name="column">The column's name; part of every key.</param>
    public ColumnHash(HashMode mode, string column)
    {
        byte[] name = Encoding.UTF8.GetBytes(column);
        Mode = mode;
        _seed = mode == HashMode.MetaSpore ? BkdrHash.Name(name) : XxHash3.HashToUInt64(name);
    }

    /// <summary>The hash functions.</summary>
    public HashMode Mode { get; }

    /// <summary>The key of one value given as UTF-8; 0 for the empty text.</summary>
    public ulong Key(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return 0;
        return Mode == HashMode.MetaSpore
            ? BkdrHash.Combine(_seed, BkdrHash.Hash(value))
            : NotZero(XxHash3.HashToUInt64(value, (long)_seed));
    }

    /// <summary>The key of one value; 0 for the empty text.</summary>
    public ulong Key(string value) => Key(Encoding.UTF8.GetBytes(value));

    /// <summary>The keys of consecutive values of an Arrow text array.</summary>
    /// <param name="values">The bytes of all values.</param>
    /// <param name="offsets">Shape (N + 1): value i is <c>values[offsets[i] .. offsets[i+1]]</c>.</param>
    /// <param name="keys">Shape (N), written.</param>
    /// <exception cref="ArgumentOutOfRangeException">An offset lies outside the values or before its predecessor.</exception>
    public void Keys(ReadOnlySpan<byte> values, ReadOnlySpan<int> offsets, Span<ulong> keys)
    {
        offsets = offsets[..(keys.Length + 1)];
        int begin = offsets[0];
        if (Mode == HashMode.MetaSpore)
        {
            for (int i = 0; i < keys.Length; i++)
            {
                int end = offsets[i + 1];
                keys[i] = end == begin ? 0 : BkdrHash.Combine(_seed, BkdrHash.Hash(values[begin..end]));
                begin = end;
            }

            return;
        }

        long seed = (long)_seed;
        for (int i = 0; i < keys.Length; i++)
        {
            int end = offsets[i + 1];
            keys[i] = end == begin ? 0 : NotZero(XxHash3.HashToUInt64(values[begin..end], seed));
            begin = end;
        }
    }

    /// <summary>As the other overload, for arrays with 64-bit offsets.</summary>
    /// <param name="values">The bytes of all values.</param>
    /// <param name="offsets">Shape (N + 1): value i is <c>values[offsets[i] .. offsets[i+1]]</c>.</param>
    /// <param name="keys">Shape (N), written.</param>
    public void Keys(ReadOnlySpan<byte> values, ReadOnlySpan<long> offsets, Span<ulong> keys)
    {
        for (int i = 0; i < keys.Length; i++)
            keys[i] = Key(values[checked((int)offsets[i])..checked((int)offsets[i + 1])]);
    }

    /// <summary>The key of a cross from the key of its parts so far and the key of its next part; the order matters.</summary>
    /// <param name="mode">The hash functions.</param>
    /// <param name="left">Key of the first part, or of the cross of all parts so far.</param>
    /// <param name="right">Key of the next part.</param>
    public static ulong Cross(HashMode mode, ulong left, ulong right)
    {
        if (mode == HashMode.MetaSpore) return BkdrHash.Combine(left, right);
        Span<byte> pair = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(pair, left);
        BinaryPrimitives.WriteUInt64LittleEndian(pair[8..], right);
        return NotZero(XxHash3.HashToUInt64(pair));
    }

    static ulong NotZero(ulong key) => key == 0 ? 1 : key;
}
