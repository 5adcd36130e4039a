using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>What a shard process is told on the first line of its standard input. It holds secrets. Immutable.</summary>
/// <param name="JobId">Name of the job.</param>
/// <param name="Secret">The job's secret.</param>
/// <param name="Certificate">Certificate, PEM; null: no TLS.</param>
/// <param name="Key">The certificate's private key, PEM.</param>
/// <param name="MaxTableBytes">Memory limit in bytes; 0: none.</param>
sealed record ShardAssignment(string JobId, byte[] Secret, string? Certificate, string? Key, long MaxTableBytes)
{
    /// <summary>Reads the line.</summary>
    /// <exception cref="BadInputException">It is no assignment of this build.</exception>
    public static ShardAssignment FromLine(string? line) =>
        JsonLine.Read<ShardAssignment>(line, "shard's assignment", "The shard got no assignment on its standard input.");
}
