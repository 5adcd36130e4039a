using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using MetaSpore.Spark.Driver.Launch;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore doctor</c>.</summary>
static class DoctorVerb
{
    const string Examples = """
        metaspore doctor
            look at $SPARK_HOME and Java
        metaspore doctor --master yarn --config job.yaml --conf spark.executor.instances=4
            what this job would lack there; exit code 0: nothing, 1: something may be wrong, 2: it would fail
        """;

    static readonly TimeSpan s_javaDeadline = TimeSpan.FromSeconds(30);
    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> home = new("--spark-home") { Description = "Spark's folder; default: $SPARK_HOME", HelpName = "DIR" };
        Option<string> master = new("--master") { Description = "As for spark-submit", HelpName = "URL", DefaultValueFactory = _ => "local[*]" };
        Option<string> config = new("--config", "-c") { Description = "The job file", HelpName = "job.yaml" };
        Option<string[]> set = CommonOptions.Set();
        Option<string[]> conf = new("--conf") { Description = "A key of Spark's; may be repeated", HelpName = "key=value", Arity = ArgumentArity.OneOrMore };
        Option<string> archive = new("--archive") { Description = "The archive for the nodes; default: $METASPORE_ARCHIVE", HelpName = "FILE" };
        Option<bool> json = CommonOptions.Json();
        Verb verb = new("doctor", "Check what a job on Spark needs, and say what to fix.", Examples) { home, master, config, set, conf, archive, json };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            SparkJobSettings job = parsed.GetValue(config) is { } file ? SparkJobSettings.Load(file, parsed.GetValue(set) ?? []) : SparkJobSettings.Default;
            string? sparkHome = parsed.GetValue(home) ?? Variable("SPARK_HOME");
            var options = new DoctorOptions
            {
                SparkHome = sparkHome,
                Master = parsed.GetValue(master)!,
                Job = job,
                Configuration = Configuration(sparkHome, job, parsed.GetValue(conf) ?? []),
                Archive = parsed.GetValue(archive) ?? Variable("METASPORE_ARCHIVE"),
                JavaVersion = await JavaVersionAsync(cancellationToken),
                MachineMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            };
            return Report(context, Doctor.Examine(options), parsed.GetValue(json));
        });
        return verb;
    }

    static int Report(CliContext context, IReadOnlyList<Finding> findings, bool json)
    {
        foreach (Finding finding in json ? [] : findings)
        {
            context.Output.WriteLine($"{finding.Level.ToString().ToLowerInvariant(),-4}  {finding.Check}: {finding.Message}");
            if (finding.Cure is not null) context.Output.WriteLine($"      {finding.Cure}");
        }

        if (json) context.Output.WriteLine(JsonSerializer.Serialize(new { findings }, s_json));
        return (int)findings.Max(finding => finding.Level);
    }

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    static Dictionary<string, string> Configuration(string? home, SparkJobSettings job, string[] given)
    {
        Dictionary<string, string> keys = new(StringComparer.Ordinal);
        string? folder = Variable("SPARK_CONF_DIR") ?? (home is null ? null : Path.Combine(home, "conf"));
        string file = Path.Combine(folder ?? "", "spark-defaults.conf");
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            string[] parts = line.Trim().Split([' ', '\t', '=', ':'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts is [{ } key, { } value] && key[0] != '#') keys[key] = value;
        }

        foreach ((string key, string value) in job.Spark.Conf) keys[key] = value;
        foreach (string pair in given)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new BadInputException($"--conf \"{pair}\": expected key=value, for example spark.executor.instances=4");
            keys[pair[..equals]] = pair[(equals + 1)..];
        }

        return keys;
    }

    static async Task<string?> JavaVersionAsync(CancellationToken cancellationToken)
    {
        string program = Variable("JAVA_HOME") is { } home ? Path.Combine(home, "bin", "java") : "java";
        try
        {
            using Process java = Process.Start(new ProcessStartInfo(program, ["-version"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(s_javaDeadline);
            string printed = await java.StandardError.ReadToEndAsync(deadline.Token);
            await java.WaitForExitAsync(deadline.Token);
            return java.ExitCode == 0 ? printed : null;
        }
        catch (Exception error) when (error is Win32Exception || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
