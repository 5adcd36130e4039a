namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>Where and how often a run in progress is saved, so that it can be resumed.</summary>
/// <param name="Path">Folder or address of the snapshots; created when absent.</param>
/// <param name="EverySteps">Steps of each worker between two snapshots, at least 1; 0: only at the end of an epoch.</param>
/// <param name="Keep">Newest snapshots that are kept, at least 1; those that they need are kept too.</param>
/// <param name="WholeEvery">
/// At least 1: each whole snapshot is followed by this number less one of deltas, which hold only the rows that came or changed
/// since the snapshot before. A fit begins with a whole one, also when it resumes.
/// </param>
public sealed record CheckpointOptions(string Path, long EverySteps = 0, int Keep = 3, int WholeEvery = 1);
