namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// One file of rows of one shard's part of a table. A whole part has everything; the part of a delta has the rows that came
/// or changed, and the keys that are to be removed before. Immutable.
/// </summary>
/// <param name="Folder">Place of its folder in the checkpoint: 0 for the whole one, then the deltas in their order.</param>
/// <param name="Shard">The shard that wrote it.</param>
/// <param name="RowsPath">The rows; full path or address.</param>
/// <param name="RemovedPath">The removed keys; null in a whole part.</param>
public sealed record TablePart(int Folder, int Shard, string RowsPath, string? RemovedPath);
