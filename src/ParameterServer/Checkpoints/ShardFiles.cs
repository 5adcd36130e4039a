using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Writes and reads a shard's tables as files.</summary>
static class ShardFiles
{
    /// <summary>Writes every table of <paramref name="shard"/>; no step is being applied meanwhile.</summary>
    /// <returns>The files, flushed to the disk.</returns>
    public static ValueTask<IReadOnlyList<CheckpointFile>> SaveAsync(Shard shard, string directory, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"shard {shard.Number} can't write '{directory}': tables have no file format yet");

    /// <summary>Reads the shard's keys of one table from files.</summary>
    public static ValueTask LoadAsync(Shard shard, TableLoad load, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"shard {shard.Number} can't read table {load.Table}: tables have no file format yet");
}
