namespace MetaSpore.Spark.Launch.Tests;

/// <summary>The script on real clusters of one machine.</summary>
[Trait("Category", SparkDistribution.Category)]
public sealed class ClusterTests : IDisposable
{
    // Says to a file what it sees, since in cluster mode its output is in the cluster's logs.
    const string Script = """
        {
          echo "arguments $*"
          echo "remote ${SPARK_REMOTE%:*} token ${#SPARK_CONNECT_AUTHENTICATE_TOKEN}"
          echo "worker $METASPORE_WORKER"
        } >"$1"
        exit "$2"
        """;

    readonly LaunchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Standalone_ClientAndCluster_RunTheProgramAndTellHowItEnded()
    {
        SparkDistribution.SkipWithoutJdk();
        string home = SparkDistribution.Home("4.3.0");
        (string archive, string program) = ProgramArchive.Write(_folder, Script);
        await using StandaloneCluster cluster = await StandaloneCluster.StartAsync(home, _folder);
        string[] common = ["--master", cluster.Url, "--conf", "spark.ui.enabled=false", "--conf", "spark.executor.memory=1g", "--conf", "spark.driver.memory=1g"];

        (int code, string said, string error) = await RunAsync(home, archive, [.. common, "--", "exec", program, _folder.PathOf("client"), "3"]);
        Assert.True(code == 3, error);
        Assert.Contains("worker ../metaspore/metaspore-worker", said, StringComparison.Ordinal);

        (code, said, error) = await RunAsync(home, archive, [.. common, "--deploy-mode", "cluster", "--", "exec", program, _folder.PathOf("good"), "0"]);
        Assert.True(code == 0, error);
        Assert.Equal($"arguments {_folder.PathOf("good")} 0\nremote sc://localhost token 64\nworker ../metaspore/metaspore-worker\n", said);

        (code, _, error) = await RunAsync(home, archive, [.. common, "--deploy-mode", "cluster", "--", "exec", program, _folder.PathOf("bad"), "3"]);
        Assert.True(code == 1, error);
        Assert.Contains("spark-submit.sh: the driver failed", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Yarn_ClientAndCluster_RunTheProgramAndTellHowItEnded()
    {
        SparkDistribution.SkipWithoutJdk();
        string home = SparkDistribution.Home("4.3.0");
        (string archive, string program) = ProgramArchive.Write(_folder, Script);
        using YarnCluster yarn = YarnCluster.Start(_folder.PathOf("yarn"));
        string[] common = ["--master", "yarn", "--conf", $"spark.yarn.jars=local:{home}/jars/*", "--conf", "spark.ui.enabled=false", "--conf", "spark.executor.instances=1", "--conf", "spark.executor.memory=1g", "--conf", "spark.driver.memoryOverhead=512m"];

        (int code, string said, string error) = await RunAsync(home, archive, [.. common, "--", "exec", program, _folder.PathOf("client"), "3"], yarn.Configuration);
        Assert.True(code == 3, error);
        Assert.Contains("worker ../metaspore/metaspore-worker", said, StringComparison.Ordinal);

        (code, said, error) = await RunAsync(home, archive, [.. common, "--deploy-mode", "cluster", "--", "exec", program, _folder.PathOf("good"), "0"], yarn.Configuration);
        Assert.True(code == 0, error);
        Assert.Equal($"arguments {_folder.PathOf("good")} 0\nremote sc://localhost token 64\nworker ../metaspore/metaspore-worker\n", said);

        (code, said, error) = await RunAsync(home, archive, [.. common, "--deploy-mode", "cluster", "--", "exec", program, _folder.PathOf("bad"), "3"], yarn.Configuration);
        Assert.True(code == 1, error);
        Assert.Contains("the driver program ended with exit code 3", error, StringComparison.Ordinal);
        Assert.StartsWith($"arguments {_folder.PathOf("bad")} 3\n", said, StringComparison.Ordinal);
    }

    async Task<(int Code, string Said, string Error)> RunAsync(string home, string archive, string[] arguments, string? hadoop = null)
    {
        Dictionary<string, string?> environment = new() { ["METASPORE_ARCHIVE"] = archive };
        if (hadoop is not null) environment["HADOOP_CONF_DIR"] = hadoop;
        await using RunningProgram run = SubmitScript.Start(home, _folder, environment, arguments);
        int code = await run.EndAsync();
        string file = arguments[^2];
        return (code, File.Exists(file) ? File.ReadAllText(file) : "", run.Output + run.Error + (code == 0 ? "" : DriverLogs()));
    }

    string DriverLogs()
    {
        string work = _folder.PathOf("work");
        if (!Directory.Exists(work)) return "";
        return string.Concat(Directory.EnumerateDirectories(work, "driver-*").Select(folder => File.ReadAllText(Path.Combine(folder, "stderr"))));
    }
}
