namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>A message that a shard keeps for a process of its job; see <see cref="IJobMailbox"/>. Immutable.</summary>
/// <param name="Number">Its number among the messages for its receiver, from 1 in the order in which they came.</param>
/// <param name="Sender">Who sent it.</param>
/// <param name="Content">Its bytes.</param>
public sealed record JobMessage(long Number, string Sender, ReadOnlyMemory<byte> Content);
