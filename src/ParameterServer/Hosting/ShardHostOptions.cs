using System.Net;
using System.Security.Cryptography.X509Certificates;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>How a shard listens, who may talk to it, and what it may take. Immutable.</summary>
public sealed record ShardHostOptions
{
    /// <summary>Name of the job; a caller of another job is refused.</summary>
    public required string JobId { get; init; }

    /// <summary>The job's secret, which every call must carry; at least 16 bytes.</summary>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>Address to listen on; default loopback.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Port; 0 for any free one.</summary>
    public int Port { get; init; }

    /// <summary>Certificate with its private key; null: no TLS. Owned by the caller.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Limits of the shard itself.</summary>
    public ShardOptions Shard { get; init; } = new();

    /// <summary>Largest message in bytes that is received, or sent as an answer. Default 256 MiB.</summary>
    public int MaxMessageBytes { get; init; } = 256 << 20;

    /// <summary>How long an answer may wait for a caller that does not read. Default 2 minutes.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The host asks to be stopped when so much time has passed without a call, after it has written its rows to
    /// <see cref="LeaseSnapshotFolder"/>; null: never.
    /// </summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>
    /// Folder to which the rows are written when the lease ends, as <c>lease-RUN-gATTEMPT-shard-NUMBER</c>, whole or not at all;
    /// null: they are dropped.
    /// </summary>
    public string? LeaseSnapshotFolder { get; init; }

    /// <summary>
    /// Port of <c>/metrics</c>, the metrics in Prometheus' text form over plain HTTP without the secret, on loopback; 0: any free
    /// one; null: none.
    /// </summary>
    public int? MetricsPort { get; init; }
}
