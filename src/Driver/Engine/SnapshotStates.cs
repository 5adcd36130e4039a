namespace MetaSpore.Spark.Driver.Engine;

/// <summary>What the workers had done at each snapshot of an epoch that is under way. Not thread-safe.</summary>
/// <param name="workerCount">Workers (W).</param>
sealed class SnapshotStates(int workerCount)
{
    readonly Dictionary<long, byte[]?[]> _states = [];
    readonly byte[]?[] _ended = new byte[workerCount][];

    /// <summary>Forgets everything, for the next epoch.</summary>
    public void Clear()
    {
        _states.Clear();
        Array.Clear(_ended);
    }

    /// <summary>Expects states for a snapshot.</summary>
    /// <returns>Whether it is new.</returns>
    public bool TryBegin(long snapshotId) => _states.TryAdd(snapshotId, new byte[workerCount][]);

    /// <summary>Takes a worker's state at a snapshot that was begun; 0: at the end of its partition, which later snapshots take.</summary>
    public void Set(long snapshotId, int rank, byte[] state) => (snapshotId == 0 ? _ended : _states[snapshotId])[rank] = state;

    /// <summary>By rank: the states at a snapshot; null where a worker has told neither this one nor its end.</summary>
    public byte[]?[] Of(long snapshotId)
    {
        byte[]?[]? states = _states.GetValueOrDefault(snapshotId);
        return [.. Enumerable.Range(0, workerCount).Select(rank => states?[rank] ?? _ended[rank])];
    }

    /// <summary>Forgets a snapshot whose states were taken.</summary>
    public void Remove(long snapshotId) => _states.Remove(snapshotId);
}
