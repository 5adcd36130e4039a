using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// A certificate authority that lives as long as a job's driver, and certificates for its shards. Its private key never
/// leaves the process. Not thread-safe.
/// </summary>
public sealed class JobCertificates : IDisposable
{
    static readonly TimeSpan s_lifetime = TimeSpan.FromDays(30);

    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly DateTimeOffset _from = DateTimeOffset.UtcNow - TimeSpan.FromHours(1);

    /// <summary>Makes the authority.</summary>
    public JobCertificates()
    {
        CertificateRequest request = new("CN=MetaSpore.Spark job", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        Authority = request.CreateSelfSigned(_from, _from + s_lifetime);
    }

    /// <summary>The authority, for those who connect. Owned by this object.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>Issues a certificate for a shard on this machine's loopback.</summary>
    /// <returns>Certificate and private key, PEM.</returns>
    public (string Certificate, string Key) Issue() => Issue([IPAddress.Loopback, IPAddress.IPv6Loopback], ["localhost"]);

    /// <summary>Issues a certificate for a shard.</summary>
    /// <param name="addresses">Addresses that it is reached by.</param>
    /// <param name="hosts">Names that it is reached by.</param>
    /// <returns>Certificate and private key, PEM.</returns>
    public (string Certificate, string Key) Issue(IReadOnlyList<IPAddress> addresses, IReadOnlyList<string> hosts)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=MetaSpore.Spark shard", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        foreach (IPAddress address in addresses) names.AddIpAddress(address);
        foreach (string host in hosts) names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using X509Certificate2 certificate = request.Create(Authority, _from, _from + s_lifetime, RandomNumberGenerator.GetBytes(16));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
    }
}
