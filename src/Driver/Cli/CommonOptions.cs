using System.CommandLine;
using System.Diagnostics;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>Options that several verbs have.</summary>
static class CommonOptions
{
    /// <summary><c>--json</c></summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object, the last line on standard output" };

    /// <summary><c>--model DIR</c></summary>
    public static Option<string> Model() => new("--model", "-m") { Description = "Folder of a trained model", HelpName = "DIR", Required = true };

    /// <summary><c>--data F…</c></summary>
    public static Option<string[]> Data() => new("--data", "-d")
    {
        Description = "Files, folders or globs with the rows, in the format the model was trained on",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>The model's folder, which must exist.</summary>
    public static string RequireModel(string path) =>
        Directory.Exists(path) ? Path.GetFullPath(path) : throw new BadInputException($"model \"{path}\" does not exist; expected the folder that \"metaspore train\" wrote (output.model)");

    /// <summary>Inputs from the command line; plain paths must exist.</summary>
    public static IReadOnlyList<InputFile> RequireInputs(IReadOnlyList<string> paths)
    {
        string[] missing = [.. paths.Where(path => path.AsSpan().IndexOfAny("*?[{") < 0 && !Path.Exists(path)).Select(path => $"data \"{path}\" does not exist")];
        if (missing.Length > 0) throw new BadInputException(missing);
        return [.. paths.Select(path => new InputFile(Path.GetFullPath(path)))];
    }

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
        public void Report(long value) => show(value);
    }
}
