using System.Numerics;
using System.Runtime.Intrinsics;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Finds the bytes that split text, 32 at a time.</summary>
static class TextMarks
{
    /// <summary>Writes the positions of delimiters, line ends and quotes to <paramref name="marks"/>; returns how many.</summary>
    public static int Find(ReadOnlySpan<byte> text, Span<int> marks, byte delimiter, byte quote)
    {
        int count = 0;
        int at = 0;
        Vector256<byte> delimiters = Vector256.Create(delimiter);
        Vector256<byte> lineEnds = Vector256.Create((byte)'\n');
        Vector256<byte> quotes = Vector256.Create(quote);
        for (; at + Vector256<byte>.Count <= text.Length; at += Vector256<byte>.Count)
        {
            Vector256<byte> block = Vector256.Create(text.Slice(at, Vector256<byte>.Count));
            uint mask = (Vector256.Equals(block, delimiters) | Vector256.Equals(block, lineEnds) | Vector256.Equals(block, quotes))
                .ExtractMostSignificantBits();
            for (; mask != 0; mask &= mask - 1) marks[count++] = at + BitOperations.TrailingZeroCount(mask);
        }

        for (; at < text.Length; at++)
        {
            if (text[at] == delimiter || text[at] == (byte)'\n' || text[at] == quote) marks[count++] = at;
        }

        return count;
    }
}
