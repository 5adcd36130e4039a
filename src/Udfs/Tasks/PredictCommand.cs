using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// Scores rows with a published model: the rows as they are, with label and prediction. Independent of any running job, so
/// that it can be evaluated at any later time.
/// </summary>
public sealed record PredictCommand : TaskCommand
{
    /// <summary>The network and its features.</summary>
    public required JobTicket Ticket { get; init; }

    /// <summary>The model.</summary>
    public required PublishedModel Model { get; init; }

    /// <summary>What the model reads of the rows; its inputs are not read.</summary>
    public required DatasetSpec Rows { get; init; }

    /// <summary>Rows of a batch (B).</summary>
    public required int BatchSize { get; init; }

    /// <summary>Column of the label in the result; null: the rows have none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Column of the prediction in the result.</summary>
    public required string PredictionColumn { get; init; }
}
