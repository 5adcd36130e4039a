using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Wire;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// What a worker process is told when it starts, on one line of its standard input: it holds the job's secret and is never
/// an argument, a file or a log line. Immutable.
/// </summary>
public sealed record WorkerAssignment
{
    /// <summary>The worker's rank, from 0.</summary>
    public required int Rank { get; init; }

    /// <summary>The job.</summary>
    public required JobTicket Ticket { get; init; }

    /// <summary>What the shards hold.</summary>
    public required StoreLayout Layout { get; init; }

    /// <summary>Where the shards are, in shard order.</summary>
    public required IReadOnlyList<Uri> Shards { get; init; }

    /// <summary>Name of the job towards the shards.</summary>
    public required string JobId { get; init; }

    /// <summary>The job's secret.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>The job's certificate authority, PEM; null: no TLS.</summary>
    public string? Authority { get; init; }

    /// <summary>Encoding of the exchange streams.</summary>
    public WireEncoding Encoding { get; init; }

    /// <summary>Training rows.</summary>
    public required DatasetSpec Training { get; init; }

    /// <summary>Order of the training rows; the epoch is put in.</summary>
    public required ReadPlan Plan { get; init; }

    /// <summary>Rows that can be scored, by name.</summary>
    public IReadOnlyDictionary<string, DatasetSpec> Scoring { get; init; } = new Dictionary<string, DatasetSpec>();

    /// <summary>How rows are scored.</summary>
    public required ReadPlan ScoringPlan { get; init; }

    /// <summary>Steps between snapshots; 0 for none.</summary>
    public long SnapshotSteps { get; init; }

    /// <summary>Reads the line.</summary>
    /// <exception cref="BadInputException">It is no assignment of this build.</exception>
    public static WorkerAssignment FromLine(string? line) => JsonLine.Read<WorkerAssignment>(
        line, "worker's assignment", "The worker got no assignment on its standard input; workers are started by 'metaspore train --processes'.");
}
