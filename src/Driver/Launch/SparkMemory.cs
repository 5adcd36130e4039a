using System.Globalization;

namespace MetaSpore.Spark.Driver.Launch;

/// <summary>
/// Memory that an executor needs beside its JVM: Spark adds none for shards and networks, and a container that takes more than it
/// asked for is killed.
/// </summary>
static class SparkMemory
{
    /// <summary>Spark's key.</summary>
    public const string OverheadKey = "spark.executor.memoryOverhead";

    /// <summary>Bytes for the runtime, libtorch and the batches of one executor's worker process.</summary>
    public const long WorkerProcess = 1L << 30;

    const long MinimumOverhead = 384L << 20;
    const double DefaultFactor = 0.1;

    /// <summary>Bytes beside the JVM of the executor with the most shards, when shards are spread evenly.</summary>
    /// <param name="servers">Shards of the job.</param>
    /// <param name="serverMemory">Bytes that one may take.</param>
    /// <param name="executors">Executors; 0 when unknown: one may then get all shards.</param>
    public static long Required(int servers, long serverMemory, int executors)
    {
        int most = executors <= 0 ? servers : (servers + executors - 1) / executors;
        return (most * serverMemory) + WorkerProcess;
    }

    /// <summary>Bytes that Spark adds to the JVM's when nobody sets the key.</summary>
    /// <param name="executorMemory">Bytes of <c>spark.executor.memory</c>.</param>
    public static long DefaultOverhead(long executorMemory) => Math.Max((long)(executorMemory * DefaultFactor), MinimumOverhead);

    /// <summary>A number of bytes for Spark's key, rounded up to MiB.</summary>
    public static string Format(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes + (1 << 20) - 1) >> 20}m");
}
