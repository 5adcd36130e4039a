using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>Keys of one sub-table with their places in the request.</summary>
/// <param name="keys">Shape (Count).</param>
/// <param name="positions">Place of each key in the request; null when key i is at place i.</param>
/// <param name="count">Number of keys.</param>
readonly unsafe struct KeyBatch(ulong* keys, int* positions, int count)
{
    /// <summary>The keys.</summary>
    public ulong* Keys { get; } = keys;

    /// <summary>Number of keys.</summary>
    public int Count { get; } = count;

    /// <summary>Place of key <paramref name="index"/> in the request.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Position(int index) => positions == null ? index : positions[index];
}
