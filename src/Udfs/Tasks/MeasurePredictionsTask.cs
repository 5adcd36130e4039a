using Apache.Arrow;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="MeasurePredictionsCommand"/>.</summary>
sealed class MeasurePredictionsTask(MeasurePredictionsCommand command) : ISparkTask
{
    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        ModelMetric metric = new BinaryClassificationModelMetric();
        while (input.Read() is { } rows)
        {
            using (rows) PredictionMeasure.Accumulate(metric, rows, command.LabelColumn, command.PredictionColumn);
        }

        return [TaskResult.Of(context.PartitionId, metric.GetState())];
    }
}
