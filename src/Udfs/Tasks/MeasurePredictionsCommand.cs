namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Compares predictions that the rows hold with their labels. Every task answers with a metric's state.</summary>
public sealed record MeasurePredictionsCommand : TaskCommand
{
    /// <summary>Column of labels, 0 or 1; rows without one don't count.</summary>
    public required string LabelColumn { get; init; }

    /// <summary>Column of predictions, probabilities.</summary>
    public required string PredictionColumn { get; init; }
}
