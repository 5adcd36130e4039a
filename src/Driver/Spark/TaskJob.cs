using Apache.Arrow;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Tasks;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>A Spark job whose tasks answer with one row each.</summary>
static class TaskJob
{
    /// <summary>Runs the job to its end.</summary>
    /// <param name="rows">The input; each partition is a task.</param>
    /// <param name="name">Name for Spark's plan and UI.</param>
    /// <param name="command">What each task does.</param>
    /// <param name="barrier">Whether all tasks run at once, or none.</param>
    /// <param name="cancellationToken">Ends the tasks.</param>
    /// <returns>By partition: the answer.</returns>
    /// <exception cref="Cluster.ProcessLostException">An executor was lost.</exception>
    /// <exception cref="Model.Errors.BadInputException">A task found bad input.</exception>
    public static async Task<SortedDictionary<int, byte[]>> RunAsync(
        DataFrame rows, string name, TaskCommand command, bool barrier, CancellationToken cancellationToken)
    {
        var answers = new SortedDictionary<int, byte[]>();
        try
        {
            DataFrame job = await rows.MapInArrowAsync(new ArrowFunction(name, command.ToBytes()), TaskResult.SparkSchema, barrier, cancellationToken);
            await foreach (RecordBatch batch in job.CollectArrowAsync(cancellationToken: cancellationToken))
            {
                using (batch)
                {
                    foreach ((int partition, byte[] content) in TaskResult.Read(batch)) answers[partition] = content;
                }
            }
        }
        catch (SparkException error)
        {
            throw SparkFailure.Explain(error);
        }

        return answers;
    }
}
