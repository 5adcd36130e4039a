using Apache.Arrow;
using MetaSpore.Spark.Udfs.Features;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="FitFeaturesCommand"/>.</summary>
sealed class FitFeaturesTask(FitFeaturesCommand command) : ISparkTask
{
    const int BatchSize = 4096;

    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        var fitter = new FeatureFitter(command.Features);
        TaskRowSource rows = TaskRowSource.Open(input.Schema, input.Read, command.Rows, context.PartitionId);
        foreach (RecordBatch batch in rows.Batches(BatchSize, 0, context.Cancellation))
        {
            fitter.Accumulate(batch);
            batch.Dispose();
        }

        return [TaskResult.OfData(context.PartitionId, fitter.ToState())];
    }
}
