using System.Numerics;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// Finds the distinct keys of a batch in order of first occurrence and each key's position among them. Keeps its scratch
/// table between batches; not thread-safe.
/// </summary>
public sealed class KeyUniquifier
{
    const ulong Golden = 0x9E3779B97F4A7C15;
    const int MinBits = 4;

    // Open addressing, at most half full: 1 + the position of a distinct key, 0 where there is none.
    uint[] _entries = [];

    /// <summary>Writes distinct keys and positions.</summary>
    /// <param name="keys">Shape (N).</param>
    /// <param name="uniqueKeys">Room for N keys; the first U are written, the rest is scratch.</param>
    /// <param name="indices">Shape (N); <c>uniqueKeys[indices[i]] == keys[i]</c>.</param>
    /// <returns>The number of distinct keys (U).</returns>
    public int Uniquify(ReadOnlySpan<ulong> keys, Span<ulong> uniqueKeys, Span<int> indices)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(uniqueKeys.Length, keys.Length, nameof(uniqueKeys));
        ArgumentOutOfRangeException.ThrowIfLessThan(indices.Length, keys.Length, nameof(indices));
        int bits = Math.Max(MinBits, BitOperations.Log2((uint)Math.Max(1, keys.Length)) + 2);
        if (_entries.Length < 1 << bits) _entries = new uint[1 << bits];
        Span<uint> entries = _entries.AsSpan(0, 1 << bits);
        entries.Clear();
        return Fill(keys, uniqueKeys, indices[..keys.Length], entries);
    }

    static int Fill(ReadOnlySpan<ulong> keys, Span<ulong> uniqueKeys, Span<int> indices, Span<uint> entries)
    {
        int shift = BitOperations.LeadingZeroCount((ulong)entries.Length) + 1;
        int mask = entries.Length - 1;
        uint count = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            ulong key = keys[i];

            // The key is written as if it were new, and an unused entry, less 1 the largest number, then reads as "position
            // count", where the key now is: one comparison ends the search for new and known keys alike, and there is no branch
            // on which of them it was.
            uniqueKeys[(int)count] = key;
            int slot = (int)(((key ^ (key >> 32)) * Golden) >> shift);
            while (true)
            {
                uint position = Math.Min(entries[slot] - 1, count);
                if (uniqueKeys[(int)position] == key)
                {
                    entries[slot] = position + 1;
                    indices[i] = (int)position;
                    count += position == count ? 1u : 0u;
                    break;
                }

                slot = (slot + 1) & mask;
            }
        }

        return (int)count;
    }
}
