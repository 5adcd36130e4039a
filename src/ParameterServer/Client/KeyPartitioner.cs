namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>Which shard holds a key: the unsigned remainder, as in MetaSpore.</summary>
public static class KeyPartitioner
{
    /// <summary>The shard of <paramref name="key"/>, in [0, shardCount).</summary>
    public static int ShardOf(ulong key, int shardCount) => (int)(key % (uint)shardCount);
}
