using System.Numerics;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// Finds the distinct keys of a batch in order of first occurrence and each key's position among them. Keeps its scratch
/// table between batches; not thread-safe.
/// </summary>
public sealed class KeyUniquifier
{
    // _slots[h] is 1 + the position of a distinct key, valid when _stamps[h] is the current batch's number: no clearing.
    int[] _slots = [];
    uint[] _stamps = [];
    uint _stamp;

    /// <summary>Writes distinct keys and positions.</summary>
    /// <param name="keys">Shape (N).</param>
    /// <param name="uniqueKeys">Room for N keys; the first U are written.</param>
    /// <param name="indices">Shape (N); <c>uniqueKeys[indices[i]] == keys[i]</c>.</param>
    /// <returns>The number of distinct keys (U).</returns>
    public int Uniquify(ReadOnlySpan<ulong> keys, Span<ulong> uniqueKeys, Span<int> indices)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(uniqueKeys.Length, keys.Length, nameof(uniqueKeys));
        ArgumentOutOfRangeException.ThrowIfLessThan(indices.Length, keys.Length, nameof(indices));
        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, keys.Length * 2));
        if (_slots.Length < capacity || _stamp == uint.MaxValue)
        {
            _slots = new int[Math.Max(capacity, _slots.Length)];
            _stamps = new uint[_slots.Length];
            _stamp = 0;
        }

        _stamp++;
        uint mask = (uint)capacity - 1;
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong key = keys[i];
            uint slot = (uint)(CounterRandom.Mix(key) >> 32) & mask;
            while (true)
            {
                if (_stamps[slot] != _stamp)
                {
                    _stamps[slot] = _stamp;
                    _slots[slot] = count;
                    uniqueKeys[count] = key;
                    indices[i] = count++;
                    break;
                }

                int position = _slots[slot];
                if (uniqueKeys[position] == key)
                {
                    indices[i] = position;
                    break;
                }

                slot = (slot + 1) & mask;
            }
        }

        return count;
    }
}
