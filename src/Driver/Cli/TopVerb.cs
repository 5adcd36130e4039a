using System.CommandLine;
using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Client;
using Spectre.Console;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore top</c>.</summary>
static class TopVerb
{
    const string Examples = """
        metaspore top http://127.0.0.1:40123 http://127.0.0.1:40124 --job ctr --secret-file secret
            the shards of a job, anew every second, until Ctrl-C
        metaspore top http://127.0.0.1:40123 --job ctr --secret-file secret --once
            the same, one time
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Argument<string[]> endpoints = new("ENDPOINT") { Description = "Where a shard listens", Arity = ArgumentArity.OneOrMore };
        Option<string> job = new("--job") { Description = "Name of the job", HelpName = "NAME", Required = true };
        Option<string> secretFile = new("--secret-file") { Description = "File with the job's secret in base64", HelpName = "FILE", Required = true };
        Option<double> interval = new("--interval") { Description = "Seconds between two looks", HelpName = "SECONDS", DefaultValueFactory = _ => 1.0 };
        Option<bool> once = new("--once") { Description = "Look one time and end" };
        Verb verb = new("top", "Watch the shards of a job.", Examples) { endpoints, job, secretFile, interval, once };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            ShardConnectionOptions connection = new() { JobId = parsed.GetValue(job)!, Secret = SecretFile.Read(parsed.GetValue(secretFile)), CallTimeout = TimeSpan.FromSeconds(10) };
            GrpcShardChannel[] channels = [.. parsed.GetValue(endpoints)!.Select(text => new GrpcShardChannel(ToEndpoint(text), connection))];
            try
            {
                await WatchAsync(context, channels, TimeSpan.FromSeconds(Math.Max(0.1, parsed.GetValue(interval))), parsed.GetValue(once), cancellationToken);
            }
            finally
            {
                foreach (GrpcShardChannel channel in channels) await channel.DisposeAsync();
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    static async Task WatchAsync(CliContext context, GrpcShardChannel[] channels, TimeSpan interval, bool once, CancellationToken cancellationToken)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(context.Output) });
        ShardReport[] before = await ReadAsync(channels, cancellationToken);
        if (once)
        {
            console.Write(Draw(before, before, interval));
            return;
        }

        await console.Live(Draw(before, before, interval)).StartAsync(async live =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ShardReport[] now = await ReadAsync(channels, cancellationToken);
                live.UpdateTarget(Draw(now, before, interval));
                before = now;
            }
        });
    }

    static async Task<ShardReport[]> ReadAsync(GrpcShardChannel[] channels, CancellationToken cancellationToken) =>
        await Task.WhenAll(channels.Select(channel => channel.GetReportAsync(cancellationToken).AsTask()));

    static Table Draw(ShardReport[] now, ShardReport[] before, TimeSpan interval)
    {
        Table table = new Table().NoBorder().AddColumns("shard", "endpoint", "rows", "memory", "steps", "pulled/s", "pushed/s", "in/s", "out/s", "busy");
        for (int i = 0; i < now.Length; i++)
        {
            ShardReport shard = now[i], last = before[i];
            double seconds = interval.TotalSeconds;
            table.AddRow(
                $"{shard.Shard}/{shard.ShardCount}",
                shard.Endpoint.Authority,
                Count(shard.Tables.Sum(t => t.Size.Rows)),
                Bytes(shard.Tables.Sum(t => t.Size.Bytes)),
                Count(shard.AppliedSteps),
                Count((shard.RowsPulled - last.RowsPulled) / seconds),
                Count((shard.RowsPushed - last.RowsPushed) / seconds),
                Bytes((shard.BytesReceived - last.BytesReceived) / seconds),
                Bytes((shard.BytesSent - last.BytesSent) / seconds),
                string.Create(CultureInfo.InvariantCulture, $"{(shard.Busy - last.Busy) / interval:P0}"));
        }

        return table;
    }

    static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static string Bytes(double value) => value >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:F2} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:F1} MB");

    static Uri ToEndpoint(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https"
        ? endpoint
        : throw new BadInputException($"\"{text}\" is no endpoint; expected one such as http://127.0.0.1:40123");
}
