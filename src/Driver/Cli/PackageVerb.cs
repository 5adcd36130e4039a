using System.CommandLine;
using MetaSpore.Spark.Driver.Packaging;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore package</c>.</summary>
static class PackageVerb
{
    const string Extension = ".tar.gz";

    const string Examples = """
        metaspore package --output metaspore.tar.gz
            this program with the .NET runtime it runs on, for --archives of spark-submit: the nodes need no .NET
        metaspore package --output my-job.tar.gz --app bin/Release/net10.0/publish
            a program of your own as well; it must be built with this version
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> output = new("--output", "-o") { Description = "Archive to write: .tar.gz, which keeps executable bits", HelpName = "FILE", Required = true };
        Option<string> app = new("--app") { Description = "Published folder of a program of your own", HelpName = "DIR" };
        Verb verb = new("package", "Pack this program into one archive for Spark's nodes.", Examples) { output, app };
        verb.SetAction((parsed, cancellationToken) => Task.Run(() => Run(context, parsed.GetValue(output)!, parsed.GetValue(app), cancellationToken), cancellationToken));
        return verb;
    }

    static int Run(CliContext context, string output, string? app, CancellationToken cancellationToken)
    {
        if (!output.EndsWith(Extension, StringComparison.Ordinal)) throw new BadInputException($"--output \"{output}\" does not end with {Extension}; other archives lose executable bits on some Spark versions");
        string path = Path.GetFullPath(output);
        context.Status.SetStatus("comparing");
        IReadOnlyList<PackageEntry> entries = PackageContents.List(AppContext.BaseDirectory, app is null ? null : Path.GetFullPath(app), SharedRuntime.OfThisProcess());
        PackageManifest manifest = PackageManifest.Of(entries, cancellationToken);
        long total = manifest.Files.Sum(file => file.Size);
        bool isUpToDate = PackageWriter.IsUpToDate(path, manifest);
        if (!isUpToDate) PackageWriter.Write(path, entries, manifest, new PackedBytes(context.Status, total), cancellationToken);
        context.Status.SetStatus("");
        context.Status.WriteLine($"{(isUpToDate ? "up to date" : "packed")}: {entries.Count:N0} files, {total >> 20:N0} MiB, {new FileInfo(path).Length >> 20:N0} MiB compressed");
        context.Output.WriteLine(path);
        return ExitCode.Ok;
    }

    sealed class PackedBytes(StatusConsole status, long total) : IProgress<long>
    {
        public void Report(long value) => status.SetStatus($"packing  {value >> 20:N0} of {total >> 20:N0} MiB");
    }
}
