using System.Diagnostics;

namespace MetaSpore.Spark.SparkConnect.Tests.RealSpark;

/// <summary>Finds real distributions: <c>METASPORE_SPARK</c>, else <c>../shared/spark</c> beside the repository, holds the program <c>spark-home</c>.</summary>
static class SparkDistribution
{
    /// <summary>The folder of a version; null with the reason when it is absent.</summary>
    public static string? Find(string version, out string? absent)
    {
        string? finder = Finder();
        absent = finder is null ? "no Spark distribution: set METASPORE_SPARK to the folder that holds spark-home" : null;
        if (finder is null) return null;
        ProcessStartInfo start = new(finder, [version]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        if (process.ExitCode == 0) return output;
        absent = $"spark-home has no version {version}";
        return null;
    }

    static string? Finder()
    {
        string? folder = Environment.GetEnvironmentVariable("METASPORE_SPARK");
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !at.EnumerateFiles("*.sln").Any()) at = at.Parent;
        folder ??= at?.Parent is { } beside ? Path.Combine(beside.FullName, "shared", "spark") : null;
        return folder is not null && File.Exists(Path.Combine(folder, "spark-home")) ? Path.Combine(folder, "spark-home") : null;
    }
}
