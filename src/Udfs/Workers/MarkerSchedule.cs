namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// A worker's own schedule, equal on all workers: a snapshot every n steps, and one where the shards' answers say that all
/// stop. Used by one worker.
/// </summary>
/// <param name="everySteps">Steps between snapshots; 0 for none.</param>
/// <param name="stopStep">The step before which all workers stop, as the last answer said; −1: none.</param>
/// <param name="report">Takes the worker's state at a snapshot (or 0, the end of the partition) and its next step.</param>
public sealed class MarkerSchedule(long everySteps, Func<long> stopStep, Action<long, long, byte[]> report) : IStepSchedule
{
    /// <inheritdoc/>
    public long SnapshotBefore(int partition, int epoch, long nextStep) =>
        nextStep == stopStep() || (everySteps > 0 && nextStep % everySteps == 0) ? SnapshotNumber.Of(epoch, nextStep) : 0;

    /// <inheritdoc/>
    public void Report(long snapshotId, int partition, long nextStep, byte[] state) => report(snapshotId, nextStep, state);

    /// <inheritdoc/>
    public bool StopsAfter(long snapshotId) => snapshotId != 0 && SnapshotNumber.StepOf(snapshotId) == stopStep();
}
