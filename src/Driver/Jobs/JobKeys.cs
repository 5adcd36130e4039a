using System.Text.RegularExpressions;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The names of a job file's keys.</summary>
static partial class JobKeys
{
    /// <summary>Every key that a job file may have, as <c>data.train[].path</c>, sorted.</summary>
    public static IReadOnlyCollection<string> All()
    {
        JobDocument document = JobDocument.Parse("", "job.yaml", Environment.CurrentDirectory, []);
        JobReader.ReadKeys(document);
        return document.KnownKeys;
    }

    /// <summary>A path with the indices of lists left out: <c>data.train[3].path</c> is <c>data.train[].path</c>.</summary>
    public static string WithoutIndices(string path) => Index().Replace(path, "[]");

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();
}
