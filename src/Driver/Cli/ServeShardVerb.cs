using System.CommandLine;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore serve-shard</c>.</summary>
static class ServeShardVerb
{
    const string Examples = """
        head -c 32 /dev/urandom | base64 > secret && chmod 600 secret
        metaspore serve-shard --job ctr --secret-file secret
            one shard on loopback and any free port; prints {"endpoint":...} when it listens
        metaspore serve-shard --job ctr --secret-file secret --bind 10.0.0.7 --port 7700 --certificate shard.pem --key shard.key
            a shard for other machines, with TLS
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> job = new("--job") { Description = "Name of the job; callers of another job are refused", HelpName = "NAME" };
        Option<string> secretFile = new("--secret-file") { Description = "File with the job's secret in base64, readable by its owner alone", HelpName = "FILE" };
        Option<string> bind = new("--bind") { Description = "Address to listen on", HelpName = "ADDRESS", DefaultValueFactory = _ => "127.0.0.1" };
        Option<int> port = new("--port") { Description = "Port; 0 for any free one", HelpName = "PORT", DefaultValueFactory = _ => 0 };
        Option<long> memory = new("--memory-limit") { Description = "Memory in bytes that the tables may take; 0: no limit", HelpName = "BYTES", DefaultValueFactory = _ => 0L };
        Option<double> lease = new("--lease") { Description = "End after so many minutes without a call; 0: never", HelpName = "MINUTES", DefaultValueFactory = _ => 30 };
        Option<string> leaseSnapshot = new("--lease-snapshot") { Description = "Folder to write the rows to when the lease ends; without it they are dropped", HelpName = "DIR" };
        Option<string> certificate = new("--certificate") { Description = "Certificate for TLS, PEM", HelpName = "FILE" };
        Option<string> key = new("--key") { Description = "The certificate's private key, PEM", HelpName = "FILE" };
        Option<int?> metrics = new("--metrics-port") { Description = "Serve metrics for Prometheus at /metrics on this port of loopback; 0 for any free one", HelpName = "PORT" };
        Option<bool> assigned = new("--assigned") { Description = "Take job and secrets from standard input, and end with it", Hidden = true };
        Verb verb = new("serve-shard", "Serve one shard of a job's parameters.", Examples)
        {
            job, secretFile, bind, port, memory, lease, leaseSnapshot, certificate, key, metrics, assigned,
        };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            bool isAssigned = parsed.GetValue(assigned);
            ShardHostOptions options = isAssigned
                ? Assigned(await Console.In.ReadLineAsync(cancellationToken))
                : new ShardHostOptions
                {
                    JobId = parsed.GetValue(job) ?? throw new BadInputException("--job is missing; expected the job's name"),
                    Secret = SecretFile.Read(parsed.GetValue(secretFile)),
                    Address = IPAddress.TryParse(parsed.GetValue(bind), out IPAddress? address)
                        ? address
                        : throw new BadInputException($"--bind is \"{parsed.GetValue(bind)}\"; expected an IP address such as 127.0.0.1"),
                    Port = parsed.GetValue(port),
                    Certificate = ReadCertificate(parsed.GetValue(certificate), parsed.GetValue(key)),
                    Lease = parsed.GetValue(lease) is > 0 and var minutes ? TimeSpan.FromMinutes(minutes) : null,
                    LeaseSnapshotFolder = WritableFolder(parsed.GetValue(leaseSnapshot)),
                    MetricsPort = parsed.GetValue(metrics),
                    Shard = Limits(parsed.GetValue(memory)),
                };
            Task parentGone = isAssigned ? Task.Run(() => Console.In.ReadToEnd(), CancellationToken.None) : Task.Delay(Timeout.Infinite, CancellationToken.None);
            return await ServeAsync(context, options, parentGone, cancellationToken);
        });
        return verb;
    }

    static async Task<int> ServeAsync(CliContext context, ShardHostOptions options, Task parentGone, CancellationToken interrupt)
    {
        await using ShardHost host = await ShardHost.StartAsync(options, null, interrupt);
        context.Output.WriteLine(JsonLine.Write(
            new ShardReady(host.Endpoint, options.JobId, ShardHost.ProtocolVersion, Environment.ProcessId, host.MetricsEndpoint)));
        context.Output.Flush();
        var interrupted = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = interrupt.Register(interrupted.SetResult);
        await await Task.WhenAny(host.StopRequested, parentGone, interrupted.Task);
        if (host.LeaseReport is { } report) context.Status.WriteLine(report);
        return ExitCode.Ok;
    }

    static string? WritableFolder(string? path)
    {
        try
        {
            if (path is null) return null;
            return StorageLocation.IsRemote(path) ? StorageLocation.Normalize(path) : Directory.CreateDirectory(path).FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--lease-snapshot \"{path}\" can't be made: {error.Message} Correct the path or its permissions.", error);
        }
    }

    static ShardHostOptions Assigned(string? line)
    {
        ShardAssignment assignment = ShardAssignment.FromLine(line);
        return new ShardHostOptions
        {
            JobId = assignment.JobId,
            Secret = assignment.Secret,
            Certificate = assignment.Certificate is null ? null : WithKey(assignment.Certificate, assignment.Key),
            Shard = Limits(assignment.MaxTableBytes),
        };
    }

    static ShardOptions Limits(long bytes) => bytes > 0 ? new ShardOptions { MaxTableBytes = bytes } : new ShardOptions();

    static X509Certificate2? ReadCertificate(string? certificate, string? key)
    {
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw new BadInputException("--certificate and --key belong together; one of them is missing");
        foreach (string path in (string[])[certificate, key])
            if (!File.Exists(path)) throw new BadInputException($"\"{path}\": no such file");
        return WithKey(File.ReadAllText(certificate), File.ReadAllText(key));
    }

    static X509Certificate2 WithKey(string certificate, string? key) => X509Certificate2.CreateFromPem(certificate, key);
}
