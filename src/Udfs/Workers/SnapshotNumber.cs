namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>The number that a snapshot's markers carry: epoch and step in one, growing from snapshot to snapshot.</summary>
public static class SnapshotNumber
{
    const int StepBits = 40;

    /// <summary>The number of the snapshot before a step.</summary>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="nextStep">The step, in [0, 2⁴⁰).</param>
    public static long Of(int epoch, long nextStep) => ((epoch + 1L) << StepBits) | nextStep;

    /// <summary>Epoch of a snapshot, from 0.</summary>
    public static int EpochOf(long snapshotId) => (int)(snapshotId >> StepBits) - 1;

    /// <summary>Step of a snapshot.</summary>
    public static long StepOf(long snapshotId) => snapshotId & ((1L << StepBits) - 1);
}
