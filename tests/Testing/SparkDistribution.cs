using System.Diagnostics;

namespace MetaSpore.Spark.Testing;

/// <summary>Finds the real distributions of Spark and YARN that tests run on.</summary>
public static class SparkDistribution
{
    /// <summary>The trait of every test that runs on a real Spark.</summary>
    public const string Category = "Spark";

    // Unpacking takes 20 s on an idle machine.
    static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(4);

    /// <summary>The folder with the scripts that unpack and start them: <c>METASPORE_SPARK</c>, else <c>../shared/spark</c> beside the repository; null when absent.</summary>
    public static string? Folder { get; } = Golden.Find("METASPORE_SPARK", Path.Combine("shared", "spark"));

    /// <summary>Skips the calling test with a visible reason where there are no distributions.</summary>
    public static void SkipWhenAbsent() =>
        Xunit.Assert.SkipWhen(Folder is null, "Spark absent: set METASPORE_SPARK to the folder that holds its distributions");

    /// <summary>Skips the calling test with a visible reason where Java sources can't be built.</summary>
    public static void SkipWithoutJdk()
    {
        bool hasJdk = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "javac")));
        Xunit.Assert.SkipUnless(hasJdk, "no javac on the PATH: install a JDK");
    }

    /// <summary>
    /// The SPARK_HOME of a version, unpacked when it is not yet; skips the calling test with a visible reason when there are no
    /// distributions. When there are and they can't be used, the test fails.
    /// </summary>
    public static string Home(string version)
    {
        SkipWhenAbsent();
        string home = Run("spark-home", version);
        Xunit.Assert.True(Directory.Exists(home), $"Spark {version} was not unpacked to \"{home}\"");
        return home;
    }

    /// <summary>Runs a script of <see cref="Folder"/>; what it printed, without blanks around. The test fails where the script does.</summary>
    internal static string Run(string script, params string[] arguments)
    {
        // To a file: what a script leaves running would hold a pipe open.
        string output = Path.GetTempFileName();
        try
        {
            using Process process = Process.Start("sh", ["-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh", output, Path.Combine(Folder!, script), .. arguments]);
            if (!process.WaitForExit(s_deadline)) process.Kill(entireProcessTree: true);
            Xunit.Assert.True(process.HasExited && process.ExitCode == 0, $"{script} {string.Join(' ', arguments)} failed");
            return File.ReadAllText(output).Trim();
        }
        finally
        {
            File.Delete(output);
        }
    }
}
