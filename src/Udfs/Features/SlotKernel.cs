using MetaSpore.Spark.Model.Embeddings;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Lays the keys of F features out by slot (row, feature), row-major; an empty slot gets the padding key 0.</summary>
static class SlotKernel
{
    /// <summary>Rows of a block: the lines written stay in the first-level cache while all features pass over them.</summary>
    const int Block = 64;

    /// <summary>Writes the offsets into <paramref name="target"/> and the keys into <paramref name="keys"/> (grown).</summary>
    /// <returns>The number of keys (N).</returns>
    public static int Write(ReadOnlySpan<ColumnKeys> features, int rows, SparseBatch target, ref ulong[] keys)
    {
        Span<int> offsets = target.BeginOffsets(rows, features.Length);
        bool hasLists = false;
        foreach (ColumnKeys feature in features) hasLists |= feature.IsList;
        int count = hasLists ? WriteOffsets(features, rows, offsets) : WriteOffsets(offsets);
        if (keys.Length < count) keys = GC.AllocateUninitializedArray<ulong>(count + (count >> 1));
        for (int first = 0; first < rows; first += Block)
        {
            int end = Math.Min(first + Block, rows);
            for (int f = 0; f < features.Length; f++)
            {
                ColumnKeys feature = features[f];
                if (!hasLists) WriteScalars(feature.Keys[first..end], keys.AsSpan((first * features.Length) + f), features.Length);
                else if (!feature.IsList) WriteScalars(feature.Keys[first..end], offsets[((first * features.Length) + f)..], features.Length, keys);
                else WriteLists(feature, first, end, offsets[((first * features.Length) + f)..], features.Length, keys);
            }
        }

        return count;
    }

    static int WriteOffsets(Span<int> offsets)
    {
        for (int slot = 0; slot < offsets.Length; slot++) offsets[slot] = slot;
        return offsets.Length - 1;
    }

    /// <summary>Offsets where some features are lists: the rows' lengths feature by feature, then their running sum.</summary>
    static int WriteOffsets(ReadOnlySpan<ColumnKeys> features, int rows, Span<int> offsets)
    {
        offsets.Fill(1);
        for (int f = 0; f < features.Length; f++)
        {
            if (!features[f].IsList) continue;
            ReadOnlySpan<int> starts = features[f].Starts[..(rows + 1)];
            int slot = f;
            for (int row = 0; row < rows; row++, slot += features.Length) offsets[slot] = Math.Max(1, starts[row + 1] - starts[row]);
        }

        int count = 0;
        for (int slot = 0; slot < offsets.Length - 1; slot++)
        {
            int length = offsets[slot];
            offsets[slot] = count;
            count = checked(count + length);
        }

        offsets[^1] = count;
        return count;
    }

    static void WriteScalars(ReadOnlySpan<ulong> column, Span<ulong> keys, int stride)
    {
        int slot = 0;
        foreach (ulong key in column)
        {
            keys[slot] = key;
            slot += stride;
        }
    }

    static void WriteScalars(ReadOnlySpan<ulong> column, ReadOnlySpan<int> offsets, int stride, Span<ulong> keys)
    {
        int slot = 0;
        foreach (ulong key in column)
        {
            keys[offsets[slot]] = key;
            slot += stride;
        }
    }

    static void WriteLists(ColumnKeys feature, int first, int end, ReadOnlySpan<int> offsets, int stride, Span<ulong> keys)
    {
        ReadOnlySpan<ulong> values = feature.Keys;
        ReadOnlySpan<int> starts = feature.Starts.Slice(first, end - first + 1);
        int slot = 0;
        for (int row = 0; row + 1 < starts.Length; row++, slot += stride)
        {
            int at = offsets[slot];
            int from = starts[row];
            int to = starts[row + 1];
            if (from == to) keys[at] = 0;
            for (; from < to; from++) keys[at++] = values[from];
        }
    }
}
