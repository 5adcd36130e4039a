using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Tasks;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Scores DataFrames with a published model, on the executors of their session.</summary>
static class SparkScoring
{
    /// <summary>The rows with label and prediction, as a DataFrame that can be evaluated at any later time.</summary>
    public static async Task<SparkDataset> TransformAsync(TorchModel model, SparkDataset rows, CancellationToken cancellationToken)
    {
        (InputModel input, ModelDescription description) = Open(model);
        await ExecutorProgram.InstallAsync(rows.Frame.Session, model.Spark, cancellationToken);
        StructType schema = await rows.Frame.SchemaAsync(cancellationToken);
        DatasetSpec spec = Spec(description, rows, schema);
        var command = new PredictCommand
        {
            Ticket = description.Ticket,
            Model = new PublishedModel(input.Reader.Directory, input.Reader.Mark!),
            Rows = spec,
            BatchSize = model.BatchSize,
            LabelColumn = spec.Label is null ? null : description.LabelColumn,
            PredictionColumn = description.PredictionColumn,
        };
        var output = new StructType([
            .. schema.Fields.Where(field => field.Name != command.LabelColumn && field.Name != command.PredictionColumn),
            .. command.LabelColumn is { } label ? new[] { new StructField(label, DataType.Double, true) } : [],
            new StructField(command.PredictionColumn, DataType.Double, true),
        ]);
        DataFrame scored = rows.Frame.MapInArrow(new ArrowFunction("metaspore predict", command.ToBytes()), output.ToDdl(), schema.FieldNames);
        return new SparkDataset(scored) { Label = command.LabelColumn is { } column ? new LabelRule(column) : null };
    }

    /// <summary>Scores labelled rows and measures the predictions.</summary>
    public static async Task<EvaluationResult> EvaluateAsync(TorchModel model, SparkDataset rows, CancellationToken cancellationToken)
    {
        (InputModel input, ModelDescription description) = Open(model);
        await ExecutorProgram.InstallAsync(rows.Frame.Session, model.Spark, cancellationToken);
        DatasetSpec spec = Spec(description, rows, await rows.Frame.SchemaAsync(cancellationToken));
        if (spec.Label is null)
            throw new BadInputException($"The rows have no label column '{(rows.Label ?? description.Dataset.Label)?.Column}': there is nothing to compare the predictions with. Evaluate labelled rows, or transform.");
        var command = new MeasureCommand
        {
            Ticket = description.Ticket,
            Model = new PublishedModel(input.Reader.Directory, input.Reader.Mark!),
            Rows = spec,
            BatchSize = model.BatchSize,
        };
        SortedDictionary<int, byte[]> states = await TaskJob.RunAsync(rows.Frame, "metaspore evaluate", command, barrier: false, cancellationToken);
        return Results.Of(Merge(description.Ticket.NewMetric, states.Values));
    }

    /// <summary>Merges the states of metrics that tasks made.</summary>
    public static ModelMetric Merge(Func<ModelMetric> create, IEnumerable<byte[]> states)
    {
        ModelMetric merged = create();
        foreach (byte[] state in states)
        {
            ModelMetric part = create();
            part.SetState(state);
            merged.Merge(part);
        }

        return merged;
    }

    static (InputModel Input, ModelDescription Description) Open(TorchModel model)
    {
        InputModel input = InputModel.Open(model.ModelInPath);
        return (input, input.RequireDescription());
    }

    // The label as these rows have it, else as the training rows had it; none where there is no such column.
    static DatasetSpec Spec(ModelDescription description, SparkDataset rows, StructType schema)
    {
        LabelRule?[] rules = [rows.Label, description.Dataset.Label];
        return rows.Spec with
        {
            Columns = description.Dataset.Columns,
            Label = rules.FirstOrDefault(rule => rule is not null && schema.FieldNames.Contains(rule.Column, StringComparer.Ordinal)),
            KeepOriginals = true,
        };
    }
}
