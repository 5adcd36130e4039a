using System.Collections.Concurrent;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>How an S3-compatible store is reached. Credentials come from the SDK's own chain. Immutable.</summary>
/// <param name="Endpoint">Its address; null for AWS.</param>
/// <param name="Region">The region; null: as the SDK finds it.</param>
/// <param name="UsesPathStyle">Whether the bucket stands in the path, as MinIO wants it, and not in the host name.</param>
/// <param name="MultipartBytes">Files from this length on are sent in parts of at least this length, at least 5 MiB.</param>
sealed record S3Settings(string? Endpoint, string? Region, bool UsesPathStyle, long MultipartBytes = 64 << 20)
{
    const string PathStyle = "METASPORE_S3_PATH_STYLE";
    const int Retries = 4;

    static readonly ConcurrentDictionary<S3Settings, IAmazonS3> s_clients = new();

    /// <summary>What is said where the address of the store is asked for.</summary>
    public string Place => Endpoint ?? "AWS";

    /// <summary>Reads the variables that the SDK itself knows, and our own for the form of addresses.</summary>
    public static S3Settings FromEnvironment() => new(
        Variable("AWS_ENDPOINT_URL_S3") ?? Variable("AWS_ENDPOINT_URL"),
        Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION"),
        Variable(PathStyle) is "1" or "true");

    /// <summary>The client of this process for these settings, which stays open.</summary>
    public IAmazonS3 Client() => s_clients.GetOrAdd(this, settings => settings.Create());

    AmazonS3Client Create()
    {
        AmazonS3Config config = new()
        {
            ForcePathStyle = UsesPathStyle,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Retries,
            Timeout = ObjectFolder.LimitFor(MultipartBytes),
        };
        if (Region is not null) config.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        if (Endpoint is null)
        {
            config.RegionEndpoint ??= RegionEndpoint.USEast1;
        }
        else
        {
            config.ServiceURL = Endpoint;
            config.AuthenticationRegion = Region ?? "us-east-1";
        }

        return new AmazonS3Client(config);
    }

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
