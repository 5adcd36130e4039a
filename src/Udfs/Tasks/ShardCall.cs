using System.Text.Json.Serialization;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>One call to a shard as plain data, for a driver that can't reach the shard itself. Immutable; a closed list of kinds.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "call")]
[JsonDerivedType(typeof(ConfigureCall), "configure")]
[JsonDerivedType(typeof(BeginEpochCall), "beginEpoch")]
[JsonDerivedType(typeof(RequestStopCall), "requestStop")]
[JsonDerivedType(typeof(WriteDenseCall), "writeDense")]
[JsonDerivedType(typeof(ReadDenseCall), "readDense")]
[JsonDerivedType(typeof(LoadCall), "load")]
[JsonDerivedType(typeof(SaveCall), "save")]
[JsonDerivedType(typeof(PruneCall), "prune")]
[JsonDerivedType(typeof(StatisticsCall), "statistics")]
public abstract record ShardCall
{
    /// <summary>Makes the call.</summary>
    /// <returns>The answer; null for calls without one.</returns>
    internal abstract Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken);
}
