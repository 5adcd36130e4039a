using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// Scores labelled rows with the parameters as the shards hold them, or with those of a published model. Every task answers with
/// its metric's state.
/// </summary>
public sealed record MeasureCommand : TaskCommand
{
    /// <summary>The job.</summary>
    public required JobTicket Ticket { get; init; }

    /// <summary>The shards; null: <see cref="Model"/> is used.</summary>
    public ShardDirectory? Shards { get; init; }

    /// <summary>A published model; null: the shards are used.</summary>
    public PublishedModel? Model { get; init; }

    /// <summary>What the rows look like; its inputs are not read.</summary>
    public required DatasetSpec Rows { get; init; }

    /// <summary>Rows of a batch (B).</summary>
    public required int BatchSize { get; init; }
}
