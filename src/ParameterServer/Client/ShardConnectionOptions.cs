using System.Security.Cryptography.X509Certificates;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>How a process reaches the shards of a job. Immutable.</summary>
public sealed record ShardConnectionOptions
{
    /// <summary>Name of the job.</summary>
    public required string JobId { get; init; }

    /// <summary>The job's secret.</summary>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>The job's certificate authority for https endpoints; null: only http.</summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>
    /// The name that certificates must be for, wherever the shard is; null: the endpoint's own host. For shards whose hosts are not
    /// known before they start.
    /// </summary>
    public string? CertificateName { get; init; }

    /// <summary>Encoding of the exchange streams.</summary>
    public WireEncoding Encoding { get; init; } = WireEncoding.DeltaKeys;

    /// <summary>Largest answer in bytes. Default 256 MiB.</summary>
    public int MaxMessageBytes { get; init; } = 256 << 20;

    /// <summary>
    /// How long an exchange or control call may take before it is given up; longer than the shards wait for other workers.
    /// Default 12 minutes.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(12);

    /// <summary>A connection whose peer answers no ping for so long is broken. Default 20 seconds.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a call whose way to the shard broke is repeated before it fails. Default 4.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>Wait before the first repetition; doubles each time. Default 50 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The clock of waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
