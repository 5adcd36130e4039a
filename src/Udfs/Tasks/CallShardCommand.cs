namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// Makes one call to one shard from an executor: for a driver outside of the cluster's network. One task, which answers as the
/// call says.
/// </summary>
public sealed record CallShardCommand : TaskCommand
{
    /// <summary>The shards.</summary>
    public required ShardDirectory Shards { get; init; }

    /// <summary>The shard to call.</summary>
    public required int Shard { get; init; }

    /// <summary>The call.</summary>
    public required ShardCall Call { get; init; }
}
