using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Where a job's shards are and what they hold. Immutable; holds no secret.</summary>
public sealed record ShardDirectory
{
    /// <summary>Name of the job towards the shards.</summary>
    public required string JobId { get; init; }

    /// <summary>What the shards hold.</summary>
    public required StoreLayout Layout { get; init; }

    /// <summary>Where they are, in shard order.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>File name of the job's <see cref="JobSecrets"/> among the session's files.</summary>
    public required string SecretsFile { get; init; }

    /// <summary>Encoding of the exchange streams.</summary>
    public WireEncoding Encoding { get; init; }
}
