using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Spark;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="PredictCommand"/>.</summary>
sealed class PredictTask(PredictCommand command, ScoringModels models) : ISparkTask
{
    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        using var worker = new WorkerSession(command.Ticket, 0);
        using ScoringModels.Lease model = models.Open(command.Model, worker.Model, context.Cancellation);
        worker.Connect(model.Store);
        while (input.Read() is { } rows)
        {
            if (rows.Length > 0)
            {
                (double[] predictions, double[] labels) = Score(worker, rows, context);
                yield return Append(rows, predictions, labels);
            }

            rows.Dispose();
        }
    }

    (double[] Predictions, double[] Labels) Score(WorkerSession worker, RecordBatch rows, SparkTaskContext context)
    {
        double[] predictions = new double[rows.Length], labels = command.LabelColumn is null ? [] : new double[rows.Length];
        int at = 0;
        RecordBatch? next = rows;
        using TaskRowSource source = TaskRowSource.Borrow(rows.Schema, () => Interlocked.Exchange(ref next, null), command.Rows, context.PartitionId);
        worker.Score(
            source.Batches(command.BatchSize, 0, context.Cancellation),
            (_, scores, known) =>
            {
                for (int i = 0; i < scores.Length; i++) predictions[at + i] = scores[i];
                for (int i = 0; i < known.Length && labels.Length > 0; i++) labels[at + i] = known[i];
                at += scores.Length;
            },
            context.Cancellation);
        if (at != rows.Length)
            throw new BadInputException($"The network's preprocessor made {at} rows of {rows.Length}; a prediction belongs to each row of the input.");
        return (predictions, labels);
    }

    // The input's arrays as they are: whatever type a column has, it passes.
    RecordBatch Append(RecordBatch rows, double[] predictions, double[] labels)
    {
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        for (int i = 0; i < rows.ColumnCount; i++)
        {
            Field field = rows.Schema.FieldsList[i];
            if (field.Name == command.LabelColumn || field.Name == command.PredictionColumn) continue;
            fields.Add(field);
            columns.Add(rows.Column(i));
        }

        if (command.LabelColumn is { } label) Add(label, labels);
        Add(command.PredictionColumn, predictions);
        return new RecordBatch(new Schema(fields, null), columns, rows.Length);

        void Add(string name, double[] values)
        {
            DoubleArray.Builder builder = new DoubleArray.Builder().Reserve(values.Length);
            foreach (double value in values)
            {
                if (double.IsNaN(value)) builder.AppendNull();
                else builder.Append(value);
            }

            fields.Add(new Field(name, DoubleType.Default, nullable: true));
            columns.Add(builder.Build());
        }
    }
}
