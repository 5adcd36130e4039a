namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// The native memory that the tables of one shard may take together. Tables go first: what a snapshot takes meanwhile is spare
/// memory, which never makes a table's request fail. Thread-safe.
/// </summary>
/// <param name="limit">Bytes; <see cref="long.MaxValue"/> for no limit.</param>
sealed class MemoryBudget(long limit)
{
    long _tables;
    long _spare;

    /// <summary>Bytes taken.</summary>
    public long Taken => Volatile.Read(ref _tables) + Volatile.Read(ref _spare);

    /// <summary>Whether the tables have grown into the spare memory that was taken.</summary>
    public bool IsExceeded => Taken > limit;

    /// <summary>Takes <paramref name="bytes"/> (negative: gives back) for a table.</summary>
    /// <exception cref="ShardCapacityException">The limit would be passed; nothing was taken.</exception>
    public void Take(long bytes, string table, long rows)
    {
        long taken = Interlocked.Add(ref _tables, bytes);
        if (taken <= limit || bytes <= 0) return;
        Interlocked.Add(ref _tables, -bytes);
        throw Exceeded(bytes, taken - bytes, table, rows);
    }

    /// <summary>Takes <paramref name="bytes"/> (negative: gives back) of what the tables leave.</summary>
    /// <exception cref="ShardCapacityException">The tables leave less; nothing was taken.</exception>
    public void TakeSpare(long bytes, string table, long rows)
    {
        Interlocked.Add(ref _spare, bytes);
        long taken = Taken;
        if (taken <= limit || bytes <= 0) return;
        Interlocked.Add(ref _spare, -bytes);
        throw Exceeded(bytes, taken - bytes, table, rows);
    }

    /// <summary>Checks that the tables have not grown into the spare memory that was taken.</summary>
    /// <exception cref="ShardCapacityException">They have: give it back.</exception>
    public void RequireSpare(string table, long rows)
    {
        long taken = Taken;
        if (taken > limit) throw Exceeded(taken - limit, limit, table, rows);
    }

    ShardCapacityException Exceeded(long bytes, long taken, string table, long rows) => new(
        $"table '{table}' holds {rows:N0} rows and needs {bytes:N0} bytes more, but the shard's tables already take " +
        $"{taken:N0} of the {limit:N0} bytes allowed; give the shard more memory, use more shards, or prune " +
        "rows by age or magnitude");
}
