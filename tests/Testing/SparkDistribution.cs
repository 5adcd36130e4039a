using System.Diagnostics;

namespace MetaSpore.Spark.Testing;

/// <summary>Finds the real Spark distributions that tests run on.</summary>
public static class SparkDistribution
{
    /// <summary>The trait of every test that runs on a real Spark.</summary>
    public const string Category = "Spark";

    /// <summary>The folder with the scripts that unpack them: <c>METASPORE_SPARK</c>, else <c>../shared/spark</c> beside the repository; null when absent.</summary>
    public static string? Folder { get; } = Golden.Find("METASPORE_SPARK", Path.Combine("shared", "spark"));

    /// <summary>
    /// The SPARK_HOME of a version, unpacked when it is not yet; skips the calling test with a visible reason when there are no
    /// distributions. When there are and they can't be used, the test fails.
    /// </summary>
    public static string Home(string version)
    {
        Xunit.Assert.SkipWhen(Folder is null, "Spark absent: set METASPORE_SPARK to the folder that holds its distributions");
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(Folder!, "spark-home"), version) { RedirectStandardOutput = true })!;
        string home = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Xunit.Assert.True(process.ExitCode == 0 && Directory.Exists(home), $"Spark {version} could not be unpacked: exit code {process.ExitCode}");
        return home;
    }
}
