namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>Limits of a shard. Immutable.</summary>
public sealed record ShardOptions
{
    /// <summary>
    /// How long an exchange may wait for other workers (Sync, BoundedStaleness, snapshots) before it fails with the names
    /// of the missing ones. Default 10 minutes.
    /// </summary>
    public TimeSpan WaitTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Native memory in bytes that the shard's tables may take; default: no limit.</summary>
    public long MaxTableBytes { get; init; } = long.MaxValue;

    /// <summary>The clock of <see cref="WaitTimeout"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
