using MetaSpore.Spark.Driver.Spark;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>spark</c> section: how a job that runs on Spark uses it. A job that runs without Spark does not look at it.</summary>
sealed record SparkConfig
{
    /// <summary>How training uses a session.</summary>
    public required SparkOptions Options { get; init; }

    /// <summary>Processors of a shard.</summary>
    public int ServerCpu { get; init; } = 1;

    /// <summary>Memory in bytes that a worker needs outside of the JVM, for batches and the network; 0: not said.</summary>
    public long WorkerMemory { get; init; }

    /// <summary>Further configuration of the Spark application and session, by key.</summary>
    public IReadOnlyDictionary<string, string> Conf { get; init; } = new Dictionary<string, string>();
}
