namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Where a shard is. Immutable.</summary>
/// <param name="Shard">Its number, from 0.</param>
/// <param name="Endpoint">Where it listens, by the name under which the executor is known in the cluster.</param>
/// <param name="ProcessId">The worker process that holds it, on its machine.</param>
/// <param name="MemoryLimit">Memory in bytes that the process's container allows; 0: it says none.</param>
public sealed record ShardStarted(int Shard, Uri Endpoint, int ProcessId, long MemoryLimit);
