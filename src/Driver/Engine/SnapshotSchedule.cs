using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// Decides between which steps snapshots are taken: every n steps of each worker, and once when the run is asked to stop.
/// All workers mark the same step number, or have ended before it, so that in every mode a snapshot is one vector of steps.
/// Thread-safe.
/// </summary>
/// <param name="workerCount">Workers (W).</param>
/// <param name="everySteps">Steps between snapshots; 0 for none.</param>
/// <param name="begin">Starts the snapshot of this number at the shards; called once for each, before its first marker.</param>
sealed class SnapshotSchedule(int workerCount, long everySteps, Action<long> begin) : IStepSchedule
{
    readonly Lock _lock = new();
    readonly long[] _nextSteps = new long[workerCount];
    readonly SnapshotStates _states = new(workerCount);
    bool _stopRequested;
    long _stopStep = -1;

    /// <summary>Forgets steps and states of the epoch before; <paramref name="firstSteps"/> are the next ones, by worker.</summary>
    public void BeginEpoch(IReadOnlyList<long> firstSteps)
    {
        lock (_lock)
        {
            for (int i = 0; i < _nextSteps.Length; i++) _nextSteps[i] = firstSteps[i];
            _states.Clear();
            _stopStep = -1;
        }
    }

    /// <summary>Asks all workers to take one more snapshot together, a few steps ahead, and to stop there.</summary>
    public void RequestStop()
    {
        lock (_lock) _stopRequested = true;
    }

    /// <summary>The states that the workers reported for a snapshot; complete once every shard has captured it.</summary>
    public IReadOnlyList<byte[]> StatesOf(long snapshotId)
    {
        lock (_lock)
        {
            byte[]?[] states = _states.Of(snapshotId);
            _states.Remove(snapshotId);
            return [.. states.Select((state, partition) =>
                state ?? throw new InvalidOperationException($"worker {partition} reported no state for snapshot {snapshotId}"))];
        }
    }

    /// <inheritdoc/>
    public long SnapshotBefore(int partition, int epoch, long nextStep)
    {
        lock (_lock)
        {
            _nextSteps[partition] = nextStep;
            // No worker is asked later than here for a step up to the largest known one, so two steps ahead is ahead of all.
            if (_stopRequested && _stopStep < 0) _stopStep = _nextSteps.Max() + 2;
            if (nextStep != _stopStep && (everySteps == 0 || nextStep % everySteps != 0)) return 0;
            long id = SnapshotNumber.Of(epoch, nextStep);
            if (_states.TryBegin(id)) begin(id);
            return id;
        }
    }

    /// <inheritdoc/>
    public void Report(long snapshotId, int partition, long nextStep, byte[] state)
    {
        lock (_lock) _states.Set(snapshotId, partition, state);
    }

    /// <inheritdoc/>
    public bool StopsAfter(long snapshotId)
    {
        lock (_lock) return snapshotId != 0 && _stopStep >= 0 && SnapshotNumber.StepOf(snapshotId) == _stopStep;
    }
}
