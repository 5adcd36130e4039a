using System.Text;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>The rows (along the first axis) of a dense tensor that one shard holds; may be none.</summary>
/// <param name="Begin">First row.</param>
/// <param name="Count">Number of rows.</param>
public readonly record struct DensePartition(long Begin, long Count)
{
    /// <summary>
    /// The rule of MetaSpore: m rows are cut into n parts whose sizes differ by at most one, and shard r holds part
    /// (r + BKDR(name)) mod n, so that the larger parts of different tensors fall on different shards.
    /// </summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="rows">Size of the first axis (m), at least 0.</param>
    /// <param name="shard">Shard (r), in [0, shardCount).</param>
    /// <param name="shardCount">Number of shards (n), at least 1.</param>
    public static DensePartition Of(string name, long rows, int shard, int shardCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shardCount);
        ulong n = (ulong)shardCount;
        long part = (long)(((ulong)shard + (NameHash(name) % n)) % n);
        long count = (rows + shardCount - 1 - part) / shardCount;
        long begin = (rows / shardCount * part) + Math.Min(part, rows % shardCount);
        return new DensePartition(begin, count);
    }

    /// <summary>The part of <paramref name="tensor"/> that a shard holds.</summary>
    public static DensePartition Of(DenseTensorSpec tensor, int shard, int shardCount) =>
        Of(tensor.Name, tensor.Shape[0], shard, shardCount);

    // BKDR with factor 131 over the signed bytes of the UTF-8 name.
    static ulong NameHash(string name)
    {
        ulong hash = 0;
        foreach (byte value in Encoding.UTF8.GetBytes(name)) hash = (hash * 131) + (ulong)(sbyte)value;
        return hash;
    }
}
