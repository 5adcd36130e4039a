using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The function of one Spark task. It is made for one task and runs on the thread of that task alone.</summary>
public interface ISparkTask
{
    /// <summary>Reads the task's input and yields its output.</summary>
    /// <param name="context">What Spark told about the task; its <see cref="SparkTaskContext.Cancellation"/> must be obeyed.</param>
    /// <param name="input">The task's rows. What is left unread is skipped.</param>
    /// <returns>
    /// Flat batches, one column an output column, all of one schema; batches without rows are not sent. A batch stays the task's:
    /// it is written before the next one is asked for, and never disposed by the caller.
    /// </returns>
    IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input);
}
