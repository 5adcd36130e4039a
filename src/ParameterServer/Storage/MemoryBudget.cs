namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>The native memory that the tables of one shard may take together. Thread-safe.</summary>
/// <param name="limit">Bytes; <see cref="long.MaxValue"/> for no limit.</param>
sealed class MemoryBudget(long limit)
{
    long _taken;

    /// <summary>Bytes taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes <paramref name="bytes"/> (negative: gives back) for a table.</summary>
    /// <exception cref="ShardCapacityException">The limit would be passed; nothing was taken.</exception>
    public void Take(long bytes, string table, long rows)
    {
        long taken = Interlocked.Add(ref _taken, bytes);
        if (taken <= limit || bytes <= 0) return;
        Interlocked.Add(ref _taken, -bytes);
        throw new ShardCapacityException(
            $"table '{table}' holds {rows:N0} rows and needs {bytes:N0} bytes more, but the shard's tables already take " +
            $"{taken - bytes:N0} of the {limit:N0} bytes allowed; give the shard more memory, use more shards, or prune " +
            "rows by age or magnitude");
    }
}
