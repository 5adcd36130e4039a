using System.Text.RegularExpressions;

namespace MetaSpore.Spark.Driver.Launch;

/// <summary>A Spark distribution. Immutable.</summary>
/// <param name="Home">Its folder.</param>
/// <param name="Version">Spark's version; null when it can't be told.</param>
/// <param name="HasConnect">Whether the jar of the Connect server lies with the others.</param>
sealed partial record SparkInstallation(string Home, Version? Version, bool HasConnect)
{
    static readonly Version s_oldest = new(3, 5);
    static readonly Version s_newest = new(4, 3);

    /// <summary>Looks at a folder.</summary>
    /// <returns>Null when it is no distribution.</returns>
    public static SparkInstallation? Find(string home)
    {
        string jars = Path.Combine(home, "jars");
        if (!File.Exists(Path.Combine(home, "bin", "spark-submit")) || !Directory.Exists(jars)) return null;
        Match core = Directory.EnumerateFiles(jars, "spark-core_*.jar").Select(file => CoreJar().Match(Path.GetFileName(file))).FirstOrDefault(match => match.Success) ?? Match.Empty;
        return new SparkInstallation(home, core.Success ? System.Version.Parse(core.Groups[1].Value) : null, Directory.EnumerateFiles(jars, "spark-connect_*.jar").Any());
    }

    /// <summary>Whether this program speaks with the version.</summary>
    public static bool IsSupported(Version version) => new Version(version.Major, version.Minor) is var minor && minor >= s_oldest && minor <= s_newest;

    /// <summary>Whether a Java of the major version <paramref name="java"/> runs the Spark version.</summary>
    public static bool RunsOn(Version spark, int java) => spark.Major < 4 ? java is 8 or 11 or 17 : java is 17 or 21;

    [GeneratedRegex(@"^spark-core_[\d.]+-(\d+\.\d+\.\d+).*\.jar$")]
    private static partial Regex CoreJar();
}
