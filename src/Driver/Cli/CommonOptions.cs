using System.CommandLine;
using System.Diagnostics;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>Options that several verbs have.</summary>
static class CommonOptions
{
    static readonly string[] s_outputExtensions = [".parquet", ".csv", ".csv.gz", ".arrow"];

    /// <summary><c>--config job.yaml</c></summary>
    public static Option<string> Config() => new("--config", "-c") { Description = "The job file", HelpName = "job.yaml", Required = true };

    /// <summary><c>--set key=value</c></summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Replace a value of the job file; may be repeated",
        HelpName = "key=value",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary><c>--json</c></summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object, the last line on standard output" };

    /// <summary><c>--model DIR</c></summary>
    public static Option<string> Model() => new("--model", "-m") { Description = "Folder or address (s3://, hdfs://) of a trained model", HelpName = "DIR", Required = true };

    /// <summary><c>--data F…</c></summary>
    public static Option<string[]> Data() => new("--data", "-d")
    {
        Description = "Files, folders or globs with the rows, in the format the model was trained on",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>The model's folder, which must exist; an address is looked at when it is opened.</summary>
    public static string RequireModel(string path) =>
        StorageLocation.IsRemote(path) ? StorageLocation.Normalize(path) : Directory.Exists(path) ? Path.GetFullPath(path) : throw new BadInputException($"model \"{path}\" does not exist; expected the folder that \"metaspore train\" wrote (output.model)");

    /// <summary>Inputs from the command line; plain paths must exist.</summary>
    public static IReadOnlyList<InputFile> RequireInputs(IReadOnlyList<string> paths)
    {
        string[] missing = [.. paths.Where(path => path.AsSpan().IndexOfAny("*?[{") < 0 && !Path.Exists(path)).Select(path => $"data \"{path}\" does not exist; correct the path")];
        if (missing.Length > 0) throw new BadInputException(missing);
        return [.. paths.Select(path => new InputFile(Path.GetFullPath(path)))];
    }

    /// <summary>Full path of a file of rows to write, whose name must tell its format.</summary>
    public static string RequireOutput(string path) => s_outputExtensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
        ? Path.GetFullPath(path)
        : throw new BadInputException($"output \"{path}\" has no known extension; expected one of {string.Join(", ", s_outputExtensions)}");

    /// <summary>Shows rows done on the status line.</summary>
    public static IProgress<long> ShowRows(StatusConsole status, string what)
    {
        long start = Stopwatch.GetTimestamp();
        return new RowCounter(rows =>
        {
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            status.SetStatus($"{what}  {rows:N0} rows  {rows / Math.Max(seconds, 1e-3):N0} rows/s");
        });
    }

    sealed class RowCounter(Action<long> show) : IProgress<long>
    {
        long _last;

        public void Report(long value)
        {
            if (value - _last < 10_000 && _last > 0) return;
            _last = value;
            show(value);
        }
    }
}
