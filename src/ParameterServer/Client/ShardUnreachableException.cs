namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>The way to a shard is broken for longer than its repetitions last: its process may have ended.</summary>
/// <param name="message">The message.</param>
/// <param name="inner">What broke it.</param>
public sealed class ShardUnreachableException(string message, Exception inner) : IOException(message, inner);
