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

    // Open addressing, at most half full: the high half of an entry is the number of the batch that wrote it, so that no
    // batch clears the table; the low half is the position of a distinct key.
    ulong[] _entries = [];
    uint _batch;

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
        if (_entries.Length < 1 << bits || _batch == uint.MaxValue)
        {
            _entries = new ulong[Math.Max(1 << bits, _entries.Length)];
            _batch = 0;
        }

        _batch++;
        return Fill(keys, uniqueKeys, indices[..keys.Length], _entries.AsSpan(0, 1 << bits), _batch);
    }

    static int Fill(ReadOnlySpan<ulong> keys, Span<ulong> uniqueKeys, Span<int> indices, Span<ulong> entries, uint batch)
    {
        int shift = BitOperations.LeadingZeroCount((ulong)entries.Length) + 1;
        int mask = entries.Length - 1;
        int count = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            ulong key = keys[i];

            // The key is written as if it were new. An unused entry then reads as "position count", where the key now is: one
            // comparison ends the search for new and known keys alike, and there is no branch on which of them it was.
            uniqueKeys[count] = key;
            int slot = (int)(((key ^ (key >> 32)) * Golden) >> shift);
            while (true)
            {
                ulong entry = entries[slot];
                bool isNew = (uint)(entry >> 32) != batch;
                int position = isNew ? count : (int)entry;
                if (uniqueKeys[position] == key)
                {
                    entries[slot] = ((ulong)batch << 32) | (uint)position;
                    indices[i] = position;
                    count += isNew ? 1 : 0;
                    break;
                }

                slot = (slot + 1) & mask;
            }
        }

        return count;
    }
}
