using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>
/// A trained model: scores rows and is evaluated on them. It is a folder, opened when it is used, so it can be loaded in
/// any process. Immutable.
/// </summary>
public sealed record TorchModel : ITransformer
{
    TorchModel(string path) => ModelInPath = path;

    /// <summary>Full path of the model's folder, or its address.</summary>
    public string ModelInPath { get; }

    /// <summary>What the fit that made it reached; null for a model that was loaded.</summary>
    public TrainingSummary? Summary { get; init; }

    /// <summary>Rows of a batch when scoring, at least 1.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>Shards to load the tables into, at least 1.</summary>
    public int ServerCount { get; init; } = 1;

    /// <summary>How scoring a <see cref="SparkDataset"/> uses Spark.</summary>
    public SparkOptions Spark { get; init; } = new();

    /// <summary>Opens a model that a fit has written.</summary>
    /// <exception cref="BadInputException">There is no model at <paramref name="path"/>, or it is damaged.</exception>
    public static TorchModel Load(string path)
    {
        InputModel.Open(path).RequireDescription();
        return new TorchModel(StorageLocation.Normalize(path));
    }

    /// <summary>Copies the model to another folder, checksums verified.</summary>
    /// <param name="path">Folder or address where nothing is.</param>
    /// <param name="cancellationToken">Ends the copy; nothing is left then.</param>
    public Task SaveAsync(string path, CancellationToken cancellationToken = default) =>
        ModelCopy.RunAsync(ModelInPath, path, cancellationToken);

    /// <summary>
    /// The rows as they are, with a label (0 or 1, null where it is unknown; no column where the rows have none) and a prediction
    /// (probability, double) added; input columns of these names are replaced. Row order is kept; nothing is computed before the result is read.
    /// </summary>
    public async Task<Dataset> TransformAsync(Dataset dataset, CancellationToken cancellationToken = default) => dataset is SparkDataset rows
        ? await SparkScoring.TransformAsync(this, rows, cancellationToken)
        : new ScoredDataset(this, dataset);

    /// <summary>
    /// The rows with label and prediction, as <see cref="TransformAsync(Dataset, CancellationToken)"/> says: a lazy DataFrame that needs
    /// the model's folder when it is evaluated, and nothing else.
    /// </summary>
    public async Task<DataFrame> TransformAsync(DataFrame frame, CancellationToken cancellationToken = default)
    {
        LabelRule? label = InputModel.Open(ModelInPath).RequireDescription().Dataset.Label;
        return (await SparkScoring.TransformAsync(this, new SparkDataset(frame) { Label = label }, cancellationToken)).Frame;
    }

    /// <summary>Scores labelled rows and measures the predictions.</summary>
    /// <exception cref="BadInputException">The rows have no label, or don't fit the model.</exception>
    public async Task<EvaluationResult> EvaluateAsync(Dataset dataset, CancellationToken cancellationToken = default)
    {
        if (dataset is SparkDataset rows) return await SparkScoring.EvaluateAsync(this, rows, cancellationToken);
        await using LocalScoring scoring = await LocalScoring.OpenAsync(this, cancellationToken);
        return await scoring.EvaluateAsync(dataset, null, cancellationToken);
    }
}
