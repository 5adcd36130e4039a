namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// The order in which one pass delivers the rows: a pure function of these values and the files, so that a restarted pass
/// continues at the exact row.
/// </summary>
public sealed record ReadPlan
{
    /// <summary>Rows of a batch (B); only the last batch of a partition may be shorter.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Workers (W): batch number k of the pass belongs to partition k mod W.</summary>
    public int PartitionCount { get; init; } = 1;

    /// <summary>Whether rows are shuffled.</summary>
    public bool Shuffle { get; init; }

    /// <summary>Seed of the shuffle.</summary>
    public ulong Seed { get; init; }

    /// <summary>Epoch; changes the shuffle.</summary>
    public int Epoch { get; init; }

    /// <summary>
    /// Rows held in memory to shuffle: rows are permuted within consecutive windows of so many. A data set that fits is
    /// permuted as a whole.
    /// </summary>
    public int ShuffleWindow { get; init; } = 1_000_000;
}
