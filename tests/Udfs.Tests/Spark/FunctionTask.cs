using Apache.Arrow;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>A task that is a function of the test.</summary>
sealed class FunctionTask(Func<SparkTaskContext, SparkTaskInput, IEnumerable<RecordBatch>> run) : ISparkTask
{
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input) => run(context, input);

    public static SparkTaskFactory Of(Func<SparkTaskContext, SparkTaskInput, IEnumerable<RecordBatch>> run) => _ => new FunctionTask(run);

    /// <summary>A task that does something once and gives no rows.</summary>
    public static SparkTaskFactory Doing(Action<SparkTaskContext> act) => Of((context, _) =>
    {
        act(context);
        return [];
    });

    public static IEnumerable<RecordBatch> Identity(SparkTaskContext context, SparkTaskInput input)
    {
        while (input.Read() is { } batch)
        {
            yield return batch;
            batch.Dispose();
        }
    }
}
