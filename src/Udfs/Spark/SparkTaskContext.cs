using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>What Spark tells a task about itself. Immutable and thread-safe, except for <see cref="Barrier"/>.</summary>
public sealed class SparkTaskContext
{
    /// <summary>Index of the partition, from 0; in a barrier stage the rank.</summary>
    public required int PartitionId { get; init; }

    /// <summary>Number of the stage.</summary>
    public required int StageId { get; init; }

    /// <summary>Number of the attempt at this partition within the stage's attempt, from 0. A stage that runs again counts from 0 again.</summary>
    public required int AttemptNumber { get; init; }

    /// <summary>Number of the task, unique in the Spark application: it tells attempts apart.</summary>
    public required long TaskAttemptId { get; init; }

    /// <summary>Cores that Spark counts for the task, rounded up.</summary>
    public required int Cpus { get; init; }

    /// <summary>Whether the stage is a barrier stage.</summary>
    public bool IsBarrier => Barrier is not null;

    /// <summary>Spark's properties of the job, the session's configuration included: they may hold secrets, never log them.</summary>
    public required IReadOnlyDictionary<string, string> LocalProperties { get; init; }

    /// <summary>Folder of the session's files on this executor.</summary>
    public required string FilesDirectory { get; init; }

    /// <summary>Addresses of the task's resources (GPUs) by the resource's name.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Resources { get; init; }

    /// <summary>
    /// <c>host:port</c> of the executors of all tasks of a barrier stage, by partition; the port is Spark's own. Empty without barrier.
    /// </summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Version of the cluster's Spark, <c>major.minor</c>.</summary>
    public required string SparkVersion { get; init; }

    /// <summary>The session's time zone, as Spark names it; <c>UTC</c> when Spark sent none.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The stage's collectives; null without barrier.</summary>
    public required IBarrier? Barrier { get; init; }

    /// <summary>Is cancelled when Spark gives the task up: it killed the task, a peer failed, or its executor ends.</summary>
    public required CancellationToken Cancellation { get; init; }

    /// <summary>Log of the task; its lines come into the executor's stderr.</summary>
    public required ILogger Log { get; init; }
}
