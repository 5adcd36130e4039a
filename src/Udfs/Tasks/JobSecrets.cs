using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// What only the processes of a job may know. It travels as a file of the Spark session and never in a plan, a configuration,
/// an argument or a log line. Immutable.
/// </summary>
public sealed record JobSecrets
{
    const int MaxBytes = 64 << 10;

    /// <summary>The job's secret, which every call to a shard carries; at least 16 random bytes.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>The job's certificate authority, PEM; null: no TLS.</summary>
    public string? Authority { get; init; }

    /// <summary>The shards' certificate, PEM, for <see cref="ShardName"/>.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key, PEM.</summary>
    public string? Key { get; init; }

    /// <summary>The name that the shards' certificate is for, wherever they run.</summary>
    public const string ShardName = "shard.metaspore.internal";

    /// <summary>The serialised form.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SpecJson.Options);

    /// <summary>Reads the file.</summary>
    /// <param name="folder">The folder of the session's files on this executor.</param>
    /// <param name="name">The file's name, without a folder.</param>
    /// <exception cref="BadInputException">It is not there, or is something else. The message never repeats its content.</exception>
    public static JobSecrets Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (name != Path.GetFileName(name)) throw new BadInputException($"The file of the job's secret is named '{name}'; expected a name without a folder.");
        if (!File.Exists(path))
            throw new BadInputException($"The file of the job's secret, {name}, has not come to this executor ({path}); files of the session must reach executors.");
        if (new FileInfo(path).Length > MaxBytes) throw new BadInputException($"The file of the job's secret, {name}, is larger than {MaxBytes} bytes.");
        try
        {
            return JsonSerializer.Deserialize<JobSecrets>(File.ReadAllBytes(path), SpecJson.Options)
                ?? throw new BadInputException($"The file of the job's secret, {name}, is empty.");
        }
        catch (JsonException)
        {
            throw new BadInputException($"The file of the job's secret, {name}, can't be read; driver and executors need the same build.");
        }
    }

    /// <summary>How to reach the job's shards with it.</summary>
    /// <param name="jobId">Name of the job towards the shards.</param>
    /// <param name="encoding">Encoding of the exchange streams.</param>
    public ShardConnectionOptions Connection(string jobId, WireEncoding encoding) => new()
    {
        JobId = jobId,
        Secret = Secret,
        Encoding = encoding,
        Authority = Authority is { } pem ? X509Certificate2.CreateFromPem(pem) : null,
        CertificateName = Authority is null ? null : ShardName,
    };

    /// <summary>The shards' certificate with its key; null: no TLS.</summary>
    public X509Certificate2? ShardCertificate()
    {
        if (Certificate is null) return null;
        using X509Certificate2 read = X509Certificate2.CreateFromPem(Certificate, Key);
        // A key that exists only in memory can't be used by every TLS library; one that was imported can.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }
}
