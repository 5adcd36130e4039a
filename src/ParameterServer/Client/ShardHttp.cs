using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>The HTTP/2 side of connections to shards.</summary>
static class ShardHttp
{
    /// <summary>A handler with the windows, pings and trust of shard connections.</summary>
    public static SocketsHttpHandler Handler(ShardConnectionOptions options)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = 16 << 20,
            KeepAlivePingDelay = options.PingTimeout / 2,
            KeepAlivePingTimeout = options.PingTimeout / 2,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectTimeout = options.PingTimeout,
        };
        if (options.Authority is { } authority)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is X509Certificate2 given
                && (options.CertificateName is { } name ? given.MatchesHostname(name) : (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0)
                && IsIssuedBy(given, authority);
        }

        return handler;
    }

    static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
