namespace MetaSpore.Spark.Driver.Progress;

/// <summary>A checkpoint has been published.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Epoch">Epoch, from 1.</param>
/// <param name="Step">Steps over all epochs that it holds.</param>
/// <param name="Elapsed">Time since the first step of this process.</param>
public sealed record CheckpointNotice(string Path, int Epoch, long Step, TimeSpan Elapsed);
