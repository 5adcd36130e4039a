using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Trains one epoch; the task's partition is the worker's. Every task answers with a <see cref="TrainResult"/>.</summary>
public sealed record TrainCommand : TaskCommand
{
    /// <summary>The job.</summary>
    public required JobTicket Ticket { get; init; }

    /// <summary>The shards.</summary>
    public required ShardDirectory Shards { get; init; }

    /// <summary>What the rows look like; its inputs are not read.</summary>
    public required DatasetSpec Rows { get; init; }

    /// <summary>Rows of a batch (B).</summary>
    public required int BatchSize { get; init; }

    /// <summary>Epoch, from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>By rank: the next step; as many whole batches of the partition are passed over.</summary>
    public required IReadOnlyList<long> FirstSteps { get; init; }

    /// <summary>By rank: the progress at that step; none at the epoch's beginning.</summary>
    public IReadOnlyList<byte[]> States { get; init; } = [];

    /// <summary>Steps between snapshots; 0 for none.</summary>
    public long SnapshotSteps { get; init; }

    /// <summary>What accompanies each worker through its task; null: nothing.</summary>
    public Spec<WorkerCompanion>? Companion { get; init; }

    /// <summary>Shared folder for <see cref="WorkerNotes"/>.</summary>
    public required string Notes { get; init; }
}
