namespace MetaSpore.Spark.Driver.Spark;

/// <summary>What makes the rows of a worker's partition the same, in the same order, when they are read again after a loss.</summary>
public enum ReplayMode
{
    /// <summary>
    /// Rows go to partitions by a hash of all their columns, the seed and the epoch, and each partition is sorted by it: training
    /// goes on from any snapshot.
    /// </summary>
    Exact,

    /// <summary>Rows are dealt without an order that could be repeated: training goes on from the end of the last epoch.</summary>
    Epoch,
}
