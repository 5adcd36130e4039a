using System.Buffers.Binary;
using System.Numerics;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// Ascending keys as differences: one byte w (1 to 8), then w little-endian bytes for each key: the first key itself, then
/// the difference to the one before. No keys are no bytes. Thread-safe.
/// </summary>
static class DeltaKeys
{
    /// <summary>Bytes of the encoding.</summary>
    /// <param name="sorted">Shape (U), ascending.</param>
    public static int ByteLength(ReadOnlySpan<ulong> sorted) => sorted.IsEmpty ? 0 : checked(1 + (sorted.Length * Width(sorted)));

    /// <summary>Writes <see cref="ByteLength"/> bytes.</summary>
    public static void Encode(ReadOnlySpan<ulong> sorted, Span<byte> result)
    {
        if (sorted.IsEmpty) return;
        int width = (result.Length - 1) / sorted.Length;
        result[0] = (byte)width;
        Span<byte> at = result[1..];
        ulong previous = 0;
        foreach (ulong key in sorted)
        {
            ulong delta = key - previous;
            previous = key;
            if (at.Length >= sizeof(ulong)) BinaryPrimitives.WriteUInt64LittleEndian(at, delta);
            else WriteTail(delta, at[..width]);
            at = at[width..];
        }
    }

    /// <summary>Number of keys in an encoding.</summary>
    /// <exception cref="BadInputException">The bytes are no encoding.</exception>
    public static int Count(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty) return 0;
        int width = encoded[0];
        if (width is < 1 or > 8 || (encoded.Length - 1) % width != 0 || encoded.Length == 1)
            throw new BadInputException($"delta keys of {encoded.Length} bytes begin with a width of {width}; expected 1 to 8, dividing the rest");
        return (encoded.Length - 1) / width;
    }

    /// <summary>Reads <see cref="Count"/> keys.</summary>
    /// <exception cref="BadInputException">The keys leave the range of 64 bits, or one is repeated.</exception>
    public static void Decode(ReadOnlySpan<byte> encoded, Span<ulong> keys)
    {
        if (keys.IsEmpty) return;
        int width = encoded[0];
        ulong mask = width == 8 ? ulong.MaxValue : (1UL << (8 * width)) - 1;
        ReadOnlySpan<byte> at = encoded[1..];
        ulong key = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong delta = at.Length >= sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(at) & mask : ReadTail(at[..width]);
            ulong next = key + delta;
            if (next < key || (i > 0 && delta == 0))
                throw new BadInputException($"delta keys: key {i} of {keys.Length} is not above the one before; expected ascending, unique keys");
            keys[i] = key = next;
            at = at[width..];
        }
    }

    static int Width(ReadOnlySpan<ulong> sorted)
    {
        ulong all = 0, previous = 0;
        foreach (ulong key in sorted)
        {
            all |= key - previous;
            previous = key;
        }

        return Math.Max(1, (BitOperations.Log2(all | 1) / 8) + 1);
    }

    static void WriteTail(ulong value, Span<byte> result)
    {
        for (int i = 0; i < result.Length; i++) result[i] = (byte)(value >> (8 * i));
    }

    static ulong ReadTail(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++) value |= (ulong)bytes[i] << (8 * i);
        return value;
    }
}
