namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>What a worker did in an epoch. Immutable.</summary>
/// <param name="ReachedEnd">Whether its partition's end was reached; false when it was asked to stop before.</param>
/// <param name="Progress">Its <see cref="Workers.WorkerProgress"/>, saved.</param>
public sealed record TrainResult(bool ReachedEnd, byte[] Progress);
