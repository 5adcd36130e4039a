namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Tells workers where snapshots are taken and learns their state there. Thread-safe.</summary>
public interface IStepSchedule
{
    /// <summary>The snapshot to mark between step <paramref name="nextStep"/> − 1 and <paramref name="nextStep"/>; 0 for none.</summary>
    long SnapshotBefore(int partition, int epoch, long nextStep);

    /// <summary>Keeps what the worker needs to continue at <paramref name="nextStep"/>; called before the marker is sent.</summary>
    void Report(long snapshotId, int partition, long nextStep, byte[] state);

    /// <summary>Whether the worker ends once snapshot <paramref name="snapshotId"/> was taken.</summary>
    bool StopsAfter(long snapshotId);
}
