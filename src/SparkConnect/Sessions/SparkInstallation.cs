using System.Text.RegularExpressions;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>The Spark distribution that <c>SPARK_HOME</c> names.</summary>
sealed partial record SparkInstallation(string Home, Version Version)
{
    /// <summary>Whether its Connect server checks a token and can bind to one address.</summary>
    public bool HasToken => Version.Major >= 4;

    /// <summary>The file with the installation's default configuration.</summary>
    public string DefaultsFile => Path.Combine(
        Environment.GetEnvironmentVariable("SPARK_CONF_DIR") is { Length: > 0 } set ? set : Path.Combine(Home, "conf"), "spark-defaults.conf");

    /// <summary>Finds it.</summary>
    /// <exception cref="SparkConnectException">It is not there or has no Connect server.</exception>
    public static SparkInstallation Find()
    {
        if (Environment.GetEnvironmentVariable("SPARK_HOME") is not { Length: > 0 } home)
            throw new SparkConnectException("Master starts a Spark Connect server and needs a Spark distribution: set SPARK_HOME to the folder of Spark 3.5 or later that holds bin/spark-submit, or connect to a running server with Remote(\"sc://host:port\").");
        return At(home);
    }

    /// <summary>Looks at the distribution in a folder.</summary>
    /// <exception cref="SparkConnectException">It is none, or has no Connect server.</exception>
    public static SparkInstallation At(string home)
    {
        string jars = Path.Combine(home, "jars");
        string submit = Path.Combine(home, "bin", OperatingSystem.IsWindows() ? "spark-submit.cmd" : "spark-submit");
        if (!File.Exists(submit) || !Directory.Exists(jars))
            throw new SparkConnectException($"SPARK_HOME is '{home}', which is no Spark distribution: bin/spark-submit or jars is missing.");
        foreach (string jar in Directory.EnumerateFiles(jars, "spark-connect_2.*.jar"))
        {
            Match name = ConnectJar().Match(Path.GetFileName(jar));
            if (name.Success) return new SparkInstallation(home, Version.Parse(name.Groups[1].Value));
        }

        throw new SparkConnectException($"SPARK_HOME '{home}' has no Connect server: jars/spark-connect_2.*.jar is missing. Spark 4.0 and later bring it; for 3.5 put the jar of the same version there.");
    }

    [GeneratedRegex(@"^spark-connect_2\.\d+-(\d+\.\d+\.\d+).*\.jar$")]
    private static partial Regex ConnectJar();
}
