namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>A request failed at one shard. The message names the shard and holds the shard's own.</summary>
public sealed class ShardException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="shard">The shard, from 0.</param>
    /// <param name="shardCount">Number of shards (S).</param>
    /// <param name="inner">What the shard or the way to it reported.</param>
    public ShardException(int shard, int shardCount, Exception inner)
        : base($"shard {shard} of {shardCount}: {inner.Message}", inner) => Shard = shard;

    /// <summary>The shard, from 0.</summary>
    public int Shard { get; }
}
