namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>Shards and workers as processes of this machine. Immutable.</summary>
public sealed record ClusterOptions
{
    /// <summary>How often new processes go on from the last snapshot after one was lost, before the job fails; at least 0.</summary>
    public int MaxRestarts { get; init; } = 3;

    /// <summary>A worker that gives no sign of life for so long is ended and counts as lost.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether the processes talk through TLS, with certificates made for the job.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether rows and sparse gradients travel as bfloat16; not with synchronous training.</summary>
    public bool BFloat16 { get; init; }

    /// <summary>Memory in bytes that each shard's tables may take; 0: no limit.</summary>
    public long ServerMemory { get; init; }
}
