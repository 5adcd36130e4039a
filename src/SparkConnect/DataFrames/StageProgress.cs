namespace MetaSpore.Spark.SparkConnect;

/// <summary>How far a stage of a job is.</summary>
/// <param name="StageId">Spark's number of the stage.</param>
/// <param name="Tasks">Its tasks.</param>
/// <param name="CompletedTasks">Those that are finished.</param>
/// <param name="InputBytes">Bytes that it has read.</param>
/// <param name="IsDone">Whether it is finished.</param>
public sealed record StageProgress(long StageId, long Tasks, long CompletedTasks, long InputBytes, bool IsDone);
