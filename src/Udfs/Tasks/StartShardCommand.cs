namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// Starts one shard a task, inside the executor's worker process, where it stays. Every task answers with a
/// <see cref="ShardStarted"/>.
/// </summary>
public sealed record StartShardCommand : TaskCommand
{
    /// <summary>Name of the job towards the shards.</summary>
    public required string JobId { get; init; }

    /// <summary>The attempt; shards of earlier attempts of the job in the same process are dropped first.</summary>
    public required int Generation { get; init; }

    /// <summary>File name of the job's <see cref="JobSecrets"/> among the session's files.</summary>
    public required string SecretsFile { get; init; }

    /// <summary>Time without a call after which a shard ends; at least one minute.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>Folder to which a shard writes its rows at the end of its lease.</summary>
    public string? LeaseSnapshotFolder { get; init; }

    /// <summary>Memory in bytes that each shard's tables may take; 0: no limit.</summary>
    public long MaxTableBytes { get; init; }

    /// <summary>The job's shared folder, which every executor must see.</summary>
    public required string Storage { get; init; }
}
