namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Checkpoints during training.</summary>
/// <param name="Path">Full path of the folder that holds them.</param>
/// <param name="EverySteps">Steps of a worker between two; 0: only at the end of each epoch and when interrupted.</param>
/// <param name="Keep">How many of the latest to keep, at least 1.</param>
sealed record CheckpointConfig(string Path, int EverySteps, int Keep);
