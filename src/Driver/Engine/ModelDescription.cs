using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>What a model's folder says besides its parameters: enough to score, evaluate and continue. Immutable, JSON-serialisable.</summary>
sealed record ModelDescription
{
    /// <summary>The network, the features' encodings, loss and metric.</summary>
    public required JobTicket Ticket { get; init; }

    /// <summary>What rows look like; its inputs are the training ones.</summary>
    public required DatasetSpec Dataset { get; init; }

    /// <summary>Column of the label in results.</summary>
    public string LabelColumn { get; init; } = "label";

    /// <summary>Column of the prediction in results.</summary>
    public string PredictionColumn { get; init; } = "rawPrediction";

    /// <summary>A label for reports.</summary>
    public string? ExperimentName { get; init; }

    /// <summary>A version for reports.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Options by name, for reports.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>What is known of the data by name, for reports.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Data { get; init; } = [];

    /// <summary>Result of the kept epoch on the validation rows; null without any.</summary>
    public EvaluationResult? Validation { get; init; }

    /// <summary>The epoch that the model holds, from 1.</summary>
    public int KeptEpoch { get; init; }
}
