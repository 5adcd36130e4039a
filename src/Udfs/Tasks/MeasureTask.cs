using Apache.Arrow;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Udfs.Spark;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="MeasureCommand"/>.</summary>
sealed class MeasureTask(MeasureCommand command, ExecutorShards shards, ScoringModels models) : ISparkTask
{
    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        using var worker = new WorkerSession(command.Ticket, 0);
        using ShardClient? client = command.Shards is { } directory ? new ShardClient(directory, context, shards) : null;
        using ScoringModels.Lease? model = client is null ? models.Open(command.Model!, worker.Model, context.Cancellation) : null;
        worker.Connect(client?.Store ?? model!.Store);
        TaskRowSource rows = TaskRowSource.Open(input.Schema, input.Read, command.Rows, context.PartitionId);
        ModelMetric metric = worker.Evaluate(rows.Batches(command.BatchSize, 0, context.Cancellation), null, context.Cancellation);
        return [TaskResult.Of(context.PartitionId, metric.GetState())];
    }
}
