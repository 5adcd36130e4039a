namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>A shard's tables would pass the memory that the shard may take. The message says which table, how much and the cures.</summary>
public sealed class ShardCapacityException(string message) : Exception(message);
