using MetaSpore.Spark.Model.Embeddings;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Lays the keys of F features out by slot (row, feature), row-major; an empty slot gets the padding key 0.</summary>
static class SlotKernel
{
    const int Block = 64;

    /// <summary>Writes the offsets into <paramref name="target"/> and the keys into <paramref name="keys"/> (grown).</summary>
    /// <returns>The number of keys (N).</returns>
    public static int Write(ReadOnlySpan<ColumnKeys> features, int rows, SparseBatch target, ref ulong[] keys)
    {
        Span<int> offsets = target.BeginOffsets(rows, features.Length);
        foreach (ColumnKeys feature in features)
        {
            if (feature.IsList) return WriteLists(features, rows, offsets, ref keys);
        }

        int count = rows * features.Length;
        Reserve(ref keys, count);
        for (int slot = 0; slot < offsets.Length; slot++) offsets[slot] = slot;

        // Blocks of rows keep the written lines in the first-level cache while all features pass over them.
        for (int first = 0; first < rows; first += Block)
        {
            int length = Math.Min(Block, rows - first);
            for (int f = 0; f < features.Length; f++)
            {
                ReadOnlySpan<ulong> column = features[f].Keys.Slice(first, length);
                int slot = (first * features.Length) + f;
                foreach (ulong key in column)
                {
                    keys[slot] = key;
                    slot += features.Length;
                }
            }
        }

        return count;
    }

    static int WriteLists(ReadOnlySpan<ColumnKeys> features, int rows, Span<int> offsets, ref ulong[] keys)
    {
        int count = 0;
        int slot = 0;
        for (int row = 0; row < rows; row++)
        {
            foreach (ColumnKeys feature in features)
            {
                offsets[slot++] = count;
                int length = feature.IsList ? feature.Starts[row + 1] - feature.Starts[row] : 1;
                count = checked(count + Math.Max(1, length));
            }
        }

        offsets[slot] = count;
        Reserve(ref keys, count);
        for (int f = 0; f < features.Length; f++)
        {
            ColumnKeys feature = features[f];
            slot = f;
            for (int row = 0; row < rows; row++, slot += features.Length)
            {
                int begin = offsets[slot];
                if (!feature.IsList) keys[begin] = feature.Keys[row];
                else if (feature.Starts[row] == feature.Starts[row + 1]) keys[begin] = 0;
                else feature.Keys[feature.Starts[row]..feature.Starts[row + 1]].CopyTo(keys.AsSpan(begin));
            }
        }

        return count;
    }

    static void Reserve(ref ulong[] keys, int count)
    {
        if (keys.Length < count) keys = GC.AllocateUninitializedArray<ulong>(count + (count >> 1));
    }
}
