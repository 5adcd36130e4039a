namespace MetaSpore.Spark.SparkConnect;

/// <summary>A function that the executors' worker program applies to the Arrow batches of a partition.</summary>
/// <param name="Name">Name in plans and in the web interface.</param>
/// <param name="Command">What the worker program gets; Spark does not read it. No secrets: it is part of the plan.</param>
public sealed record ArrowFunction(string Name, ReadOnlyMemory<byte> Command);
