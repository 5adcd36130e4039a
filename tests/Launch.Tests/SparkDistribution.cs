using System.Diagnostics;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>Real distributions of Spark and YARN for tests: <c>METASPORE_SPARK</c>, else <c>../shared/spark</c> beside the repository.</summary>
static class SparkDistribution
{
    static readonly string? s_folder = Find();

    /// <summary>The folder of a version; skips the calling test with a visible reason when there is none.</summary>
    public static string Home(string version)
    {
        SkipWithoutJdk();
        return Run("spark-home", version);
    }

    /// <summary>Starts YARN; its HADOOP_CONF_DIR.</summary>
    public static string StartYarn(string folder, int firstPort) => Run("yarn", "start", folder, $"{firstPort}");

    /// <summary>Stops YARN.</summary>
    public static void StopYarn(string folder) => Run("yarn", "stop", folder);

    /// <summary>Skips the calling test where the launcher can't be built.</summary>
    public static void SkipWithoutJdk()
    {
        bool hasJdk = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "javac")));
        Assert.SkipUnless(hasJdk, "no javac on the PATH: install a JDK");
    }

    static string Run(string script, params string[] arguments)
    {
        Assert.SkipWhen(s_folder is null, "Spark absent: set METASPORE_SPARK to the folder with spark-home and yarn");
        // To files: what YARN leaves running would hold a pipe open.
        string output = Path.GetTempFileName();
        try
        {
            using Process process = Process.Start("sh", ["-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh", output, Path.Combine(s_folder!, script), .. arguments]);
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(4)), $"{script} does not end");
            Assert.Equal(0, process.ExitCode);
            return File.ReadAllText(output).Trim();
        }
        finally
        {
            File.Delete(output);
        }
    }

    static string? Find()
    {
        string folder = Environment.GetEnvironmentVariable("METASPORE_SPARK") is { Length: > 0 } set ? set : Path.Combine(SubmitScript.Root, "..", "shared", "spark");
        return File.Exists(Path.Combine(folder, "spark-home")) ? Path.GetFullPath(folder) : null;
    }
}
