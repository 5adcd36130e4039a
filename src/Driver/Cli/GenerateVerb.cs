using System.CommandLine;
using MetaSpore.Spark.Udfs.Synthetic;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore generate</c>.</summary>
static class GenerateVerb
{
    const string Examples = """
        metaspore generate --rows 100000 --output rows.tsv.gz
            Criteo-shaped rows with a known true probability: label, I1 … I13, C1 … C26, tab-separated, no header
        metaspore generate --rows 1000000 --output rows.parquet
            the same rows as Parquet; row i is the same everywhere
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<long> rows = new("--rows", "-n") { Description = "Number of rows, at least 1", HelpName = "N", Required = true };
        Option<string> output = new("--output", "-o") { Description = "File to write: text, compressed with .gz or .zst, or .parquet", HelpName = "FILE", Required = true };
        Verb verb = new("generate", "Write synthetic rows to try things with.", Examples) { rows, output };
        verb.SetAction((parsed, cancellationToken) =>
            Task.FromResult(Run(context, parsed.GetValue(rows), parsed.GetValue(output)!, cancellationToken)));
        return verb;
    }

    static int Run(CliContext context, long rows, string output, CancellationToken cancellationToken)
    {
        output = Path.GetFullPath(output);
        Directory.CreateDirectory(Path.GetDirectoryName(output)!);
        SyntheticRows.Write(output, rows, CommonOptions.ShowRows(context.Status, "generating"), cancellationToken);
        context.Status.SetStatus("");
        context.Output.WriteLine($"{rows:N0} rows written to {output}");
        return ExitCode.Ok;
    }
}
