using Apache.Arrow;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IdentityCommand"/>.</summary>
sealed class IdentityTask : ISparkTask
{
    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        while (input.Read() is { } rows)
        {
            yield return rows;
            rows.Dispose();
        }
    }
}
