using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Model.Parameters;

/// <summary>What the shards of one run hold and how they order steps. Immutable; equal on every shard and worker.</summary>
public sealed record StoreLayout
{
    /// <summary>The run; a shard refuses any other.</summary>
    public required Guid RunId { get; init; }

    /// <summary>Attempt of the run, from 1.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>The embedding tables; an exchange names a table by its index here. Names are unique.</summary>
    public required IReadOnlyList<SparseTableSpec> Tables { get; init; }

    /// <summary>The dense tensors; an exchange names a tensor by its index here. Names are unique, also against tables.</summary>
    public required IReadOnlyList<DenseTensorSpec> DenseTensors { get; init; }

    /// <summary>How column values became keys; shards only pass it on to what they save.</summary>
    public HashMode HashMode { get; init; }

    /// <summary>Seed of the initial rows.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number of workers (W), at least 1.</summary>
    public int WorkerCount { get; init; } = 1;

    /// <summary>How steps of several workers are ordered.</summary>
    public TrainingMode Mode { get; init; }

    /// <summary>For <see cref="TrainingMode.BoundedStaleness"/>: the largest lead in steps (k), at least 0.</summary>
    public int StalenessBound { get; init; }
}
