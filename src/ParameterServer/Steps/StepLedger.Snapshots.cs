namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>Streams that wait at a boundary for a snapshot.</summary>
sealed partial class StepLedger
{
    /// <summary>The newest snapshot that was captured or given up; 0: none.</summary>
    public long CapturedSnapshot
    {
        get
        {
            lock (_gate) return _capturedSnapshot;
        }
    }

    /// <summary>Holds a partition back until snapshot <paramref name="snapshotId"/> is captured.</summary>
    public async ValueTask HoldAsync(int partition, long snapshotId, CancellationToken cancellationToken)
    {
        PartitionState state = _partitions[partition];
        lock (_gate)
        {
            if (snapshotId <= _capturedSnapshot) return;
            state.HeldBy = snapshotId;
            _waits.Wake();
        }

        try
        {
            await _waits.WaitAsync(
                () => _capturedSnapshot >= snapshotId,
                () => $"partition {partition} at its marker of snapshot {snapshotId} waits for {NotHeld(snapshotId) ?? "the snapshot to be asked for"}",
                cancellationToken);
        }
        finally
        {
            lock (_gate) state.HeldBy = 0;
        }
    }

    /// <summary>Waits until every open partition is held back by its marker of <paramref name="snapshotId"/>.</summary>
    public ValueTask WaitForMarkersAsync(long snapshotId, CancellationToken cancellationToken) =>
        _waits.WaitAsync(
            () => NotHeld(snapshotId) is null,
            () => $"snapshot {snapshotId} waits for the markers of {NotHeld(snapshotId)}",
            cancellationToken);

    /// <summary>Releases the streams that a snapshot holds back.</summary>
    public void Release(long snapshotId)
    {
        lock (_gate)
        {
            _capturedSnapshot = Math.Max(_capturedSnapshot, snapshotId);
            _waits.Wake();
        }
    }
}
