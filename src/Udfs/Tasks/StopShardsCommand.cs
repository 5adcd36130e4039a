namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Ends the shards of a job. One task, which answers with no content.</summary>
public sealed record StopShardsCommand : TaskCommand
{
    /// <summary>The shards.</summary>
    public required ShardDirectory Shards { get; init; }
}
