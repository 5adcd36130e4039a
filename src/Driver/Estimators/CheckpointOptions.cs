namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>Where and how often a run in progress is saved, so that it can be resumed.</summary>
/// <param name="Path">Folder of the snapshots; created when absent.</param>
/// <param name="EverySteps">Steps of each worker between two snapshots, at least 1; 0: only at the end of an epoch.</param>
/// <param name="Keep">Newest snapshots that are kept, at least 1.</param>
public sealed record CheckpointOptions(string Path, long EverySteps = 0, int Keep = 3);
