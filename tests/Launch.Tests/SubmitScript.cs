namespace MetaSpore.Spark.Launch.Tests;

/// <summary>The script <c>spark-submit.sh</c> of this checkout, with the program that these tests were built with.</summary>
static class SubmitScript
{
    const string QuietLog = """
        rootLogger.level = warn
        rootLogger.appenderRef.console.ref = console
        appender.console.type = Console
        appender.console.name = console
        appender.console.target = SYSTEM_ERR
        appender.console.layout.type = PatternLayout
        appender.console.layout.pattern = %p %c{1}: %m%n
        logger.client.name = org.apache.spark.deploy.ClientEndpoint
        logger.client.level = info
        """;

    public static string Root { get; } = FindRoot();

    /// <summary>Starts the script.</summary>
    /// <param name="sparkHome">Spark, or what stands for it.</param>
    /// <param name="folder">The test's folder, and the working directory.</param>
    /// <param name="environment">More variables; null removes one.</param>
    /// <param name="arguments">The arguments.</param>
    public static RunningProgram Start(string sparkHome, LaunchFolder folder, IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        folder.Write("conf/log4j2.properties", QuietLog);
        Dictionary<string, string?> variables = new()
        {
            ["SPARK_HOME"] = sparkHome,
            ["SPARK_CONF_DIR"] = folder.PathOf("conf"),
            ["SPARK_LOCAL_IP"] = "127.0.0.1",
            ["METASPORE_HOME"] = AppContext.BaseDirectory,
            ["METASPORE_ARCHIVE"] = null,
            ["METASPORE_INSTALLED"] = null,
            ["METASPORE_LAUNCHER_JAR"] = null,
            ["XDG_CACHE_HOME"] = folder.PathOf("cache"),
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>()) variables[name] = value;
        return RunningProgram.Start(Path.Combine(Root, "spark-submit.sh"), arguments, folder.Root, variables);
    }

    static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !at.EnumerateFiles("*.sln").Any()) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("the tests run outside a checkout of the repository");
    }
}
