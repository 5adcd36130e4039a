using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// The keys of a request grouped by sub-table: a counting sort by the top bits of the mixed key. Keeps its native memory
/// from request to request; serves one at a time.
/// </summary>
sealed unsafe class KeyGroups : IDisposable
{
    readonly NativeBuffer _keys = new();
    readonly NativeBuffer _positions = new();
    readonly NativeBuffer _groups = new();
    readonly int[] _ends = new int[256];
    ulong* _sortedKeys;
    int* _sortedPositions;

    /// <summary>The keys of one group, in the order of the request, with their places in it.</summary>
    public KeyBatch Batch(int group)
    {
        int start = group == 0 ? 0 : _ends[group - 1];
        return new KeyBatch(_sortedKeys + start, _sortedPositions + start, _ends[group] - start);
    }

    /// <summary>Groups the keys of a request.</summary>
    /// <param name="request">The keys; read only by this call.</param>
    /// <param name="groupCount">A power of two from 2 to 256.</param>
    /// <param name="shift">64 − log2 of <paramref name="groupCount"/>.</param>
    public void Sort(in KeyBatch request, int groupCount, int shift)
    {
        int count = request.Count;
        ulong* keys = request.Keys;
        _sortedKeys = (ulong*)_keys.Reserve<ulong>(count).Address;
        _sortedPositions = (int*)_positions.Reserve<int>(count).Address;
        byte* groups = (byte*)_groups.Reserve<byte>(count).Address;
        Array.Clear(_ends, 0, groupCount);
        for (int i = 0; i < count; i++)
        {
            int group = (int)(CounterRandom.Mix(keys[i]) >> shift);
            groups[i] = (byte)group;
            _ends[group]++;
        }

        int start = 0;
        for (int group = 0; group < groupCount; group++)
        {
            int size = _ends[group];
            _ends[group] = start;
            start += size;
        }

        // Each entry of _ends walks from its group's start to its end, which is the next one's start.
        for (int i = 0; i < count; i++)
        {
            int at = _ends[groups[i]]++;
            _sortedKeys[at] = keys[i];
            _sortedPositions[at] = i;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _positions.Dispose();
        _groups.Dispose();
    }
}
