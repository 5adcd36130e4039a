using Apache.Arrow;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Tasks;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>
/// Compares predictions with labels: the area under the ROC curve, and the log-loss. On a DataFrame the executors do the work.
/// Immutable.
/// </summary>
public sealed record BinaryClassificationEvaluator
{
    /// <summary>Column of labels, 0 or 1; rows without one don't count.</summary>
    public string LabelColumn { get; init; } = "label";

    /// <summary>Column of predictions, probabilities.</summary>
    public string RawPredictionColumn { get; init; } = "rawPrediction";

    /// <summary>How Spark is used.</summary>
    public SparkOptions Spark { get; init; } = new();

    /// <summary>The area under the ROC curve.</summary>
    /// <param name="scored">Rows with both columns, as a model's transformation makes them.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>From 0 to 1.</returns>
    /// <exception cref="BadInputException">A column is absent, or all labels are of one class.</exception>
    public async Task<double> EvaluateAsync(Dataset scored, CancellationToken cancellationToken = default) =>
        (await MeasureAsync(scored, cancellationToken)).Auc
        ?? throw new BadInputException($"All labels of column '{LabelColumn}' are of one class, or there are none: there is no area under the curve.");

    /// <inheritdoc cref="EvaluateAsync(Dataset, CancellationToken)"/>
    public Task<double> EvaluateAsync(DataFrame scored, CancellationToken cancellationToken = default) =>
        EvaluateAsync(new SparkDataset(scored), cancellationToken);

    /// <summary>Every metric.</summary>
    /// <inheritdoc cref="EvaluateAsync(Dataset, CancellationToken)"/>
    public async Task<EvaluationResult> MeasureAsync(Dataset scored, CancellationToken cancellationToken = default)
    {
        if (scored is SparkDataset rows) return await MeasureOnSparkAsync(rows.Frame, cancellationToken);
        var metric = new BinaryClassificationModelMetric();
        await foreach (RecordBatch batch in scored.ReadAsync(cancellationToken: cancellationToken))
        {
            using (batch) PredictionMeasure.Accumulate(metric, batch, LabelColumn, RawPredictionColumn);
        }

        return Results.Of(metric);
    }

    async Task<EvaluationResult> MeasureOnSparkAsync(DataFrame frame, CancellationToken cancellationToken)
    {
        await ExecutorProgram.InstallAsync(frame.Session, Spark, cancellationToken);
        var command = new MeasurePredictionsCommand { LabelColumn = LabelColumn, PredictionColumn = RawPredictionColumn };
        SortedDictionary<int, byte[]> states = await TaskJob.RunAsync(
            frame.Select(Functions.Col(LabelColumn), Functions.Col(RawPredictionColumn)), "metaspore evaluate", command, barrier: false, cancellationToken);
        return Results.Of(SparkScoring.Merge(() => new BinaryClassificationModelMetric(), states.Values));
    }
}
