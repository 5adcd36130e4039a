namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>The line that a shard process writes to its standard output when it listens. Immutable.</summary>
/// <param name="Endpoint">Where it listens.</param>
/// <param name="JobId">Its job.</param>
/// <param name="Protocol">Version of the wire protocol.</param>
/// <param name="ProcessId">Number of its process.</param>
/// <param name="Metrics">Where its metrics are; null: nowhere.</param>
sealed record ShardReady(Uri Endpoint, string JobId, int Protocol, int ProcessId, Uri? Metrics);
