namespace MetaSpore.Spark.Launch.Tests;

/// <summary>The script against a stand-in for Spark that prints its arguments, one a line, and ends with code 7.</summary>
public sealed class SubmitScriptTests : IDisposable
{
    readonly LaunchFolder _folder = new();
    readonly string _job;

    public SubmitScriptTests() => _job = _folder.Write("jobs/job.yaml", "training: {servers: 3}\nspark: {serverMemory: 2g, conf: {spark.sql.shuffle.partitions: 8}}\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Local_Train_RunsThisProgramWithNothingShipped()
    {
        IReadOnlyList<string> words = await SubmitAsync("--master", "local[2]", "--", "train", "--config", _job, "--set", "training.epochs=3");
        Assert.Equal(["--program", AppContext.BaseDirectory + "metaspore", "--worker", AppContext.BaseDirectory + "metaspore", "--", "train", "--config", _job, "--set", "training.epochs=3"], Launcher(words));
        Assert.DoesNotContain("--archives", words);
        Assert.Contains("spark.executor.memoryOverhead=7168m", words);
        Assert.Contains("spark.sql.shuffle.partitions=8", words);
    }

    [Fact]
    public async Task Yarn_ClusterMode_ShipsArchiveAndJobFile()
    {
        IReadOnlyList<string> words = await SubmitAsync("--master", "yarn", "--deploy-mode", "cluster", "--files", "mine.txt", "--num-executors", "3", "--", "train", "--json", "--config=" + _job);
        Assert.Equal(
            ["--program", "archive:metaspore/metaspore-worker", "--worker", "archive:metaspore/metaspore-worker", "--shipped", "job.yaml", "--",
            "train", "--config", "shipped:job.yaml", "--paths-from", _folder.PathOf("jobs"), "--json"], Launcher(words));
        Assert.Equal(_folder.PathOf("a.tar.gz") + "#metaspore", After(words, "--archives"));
        Assert.Equal("mine.txt," + _job, After(words, "--files"));
        Assert.Contains("spark.yarn.maxAppAttempts=1", words);
        Assert.Contains("spark.scheduler.minRegisteredResourcesRatio=1.0", words);
        Assert.DoesNotContain("spark.executor.instances=2", words);
        Assert.Contains("spark.executor.memoryOverhead=3072m", words);
    }

    [Fact]
    public async Task Standalone_ClusterModeOfAProgram_NamesItInsideTheArchive()
    {
        string program = _folder.WriteScript("app/run.sh", "exit 0");
        IReadOnlyList<string> words = await SubmitAsync("--master", "spark://host:7077", "--deploy-mode", "cluster", "--", "exec", program, "x y");
        Assert.Equal(["--program", "archive:metaspore/metaspore-exec", "--worker", "archive:metaspore/metaspore-worker", "--", "run.sh", "x y"], Launcher(words));
        Assert.Contains("spark.standalone.submit.waitAppCompletion=true", words);
    }

    [Theory]
    [InlineData("echo 'State of driver driver-1 is FAILED, exiting spark-submit JVM.' >&2", 1)]
    [InlineData("echo 'State of driver driver-1 is FINISHED, exiting spark-submit JVM.' >&2", 0)]
    [InlineData("exit 5", 5)]
    public async Task Standalone_ClusterMode_EndsAsTheDriverDid(string spark, int expected)
    {
        await using RunningProgram run = Start("4.3.0", null, ["--master", "spark://host:7077", "--deploy-mode", "cluster", "--", "train", "--config", _job], spark);
        Assert.Equal(expected, await run.EndAsync());
        Assert.Equal(expected == 1, run.Error.Contains("spark-submit.sh: the driver failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Standalone_ClusterMode_ForwardsSigterm()
    {
        await using RunningProgram run = Start("4.3.0", null, ["--master", "spark://host:7077", "--deploy-mode", "cluster", "--", "train", "--config", _job],
            "trap 'exit 9' TERM; echo started; i=0; while [ $i -lt 1200 ]; do sleep 0.1; i=$((i + 1)); done");
        await run.AwaitAsync("started");
        await run.SignalAsync("TERM");
        Assert.Equal(9, await run.EndAsync());
    }

    [Fact]
    public async Task Kubernetes_ByDefault_UsesTheImage()
    {
        Dictionary<string, string?> environment = new() { ["METASPORE_ARCHIVE"] = null };
        IReadOnlyList<string> words = await SubmitAsync(environment, "--master", "k8s://https://api:6443", "--deploy-mode", "cluster", "--", "train", "--config", _job);
        Assert.Equal("/opt/metaspore/metaspore-worker", After(words, "--program"));
        Assert.Equal("/opt/metaspore/metaspore-worker", After(words, "--worker"));
        Assert.Contains("local:///opt/metaspore/jars/metaspore-launcher.jar", words);
        Assert.DoesNotContain("--archives", words);
    }

    [Fact]
    public async Task Defaults_AgainstTheUsersOwn_AreWeaker()
    {
        _folder.Write("conf/spark-defaults.conf", "spark.locality.wait 3s\nspark.executor.memory=9g\n");
        IReadOnlyList<string> words = await SubmitAsync("--master", "yarn", "--conf", "spark.executor.cores=5", "--", "train", "--config", _job);
        Assert.DoesNotContain(words, word => word.StartsWith("spark.locality.wait=", StringComparison.Ordinal));
        Assert.DoesNotContain(words, word => word.StartsWith("spark.executor.memory=", StringComparison.Ordinal));
        Assert.Single(words, word => word.StartsWith("spark.executor.cores=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PrintedCommand_WithASecret_HidesIt()
    {
        await using RunningProgram run = Start("4.3.0", null, "--master", "local[1]", "--conf", "spark.hadoop.fs.s3a.secret.key=hush", "--", "train", "--config", _job);
        Assert.Equal(7, await run.EndAsync());
        Assert.Contains("spark.hadoop.fs.s3a.secret.key=hush", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JobFile_SaysHowMuchOfAnExecutorItTakes()
    {
        string job = _folder.Write("jobs/big.yaml", "training: {servers: 4, workers: 8}\nspark: {serverMemory: 2g, workerMemory: 512m, workerCpu: 2, serverCpu: 3, conf: {spark.executor.instances: 4}}\n");
        IReadOnlyList<string> words = await SubmitAsync("--master", "yarn", "--", "train", "--config", job);
        // One shard, two workers and the process itself on each of four executors.
        Assert.Contains("spark.executor.memoryOverhead=4096m", words);
        Assert.Contains("spark.task.cpus=3", words);
        words = await SubmitAsync("--master", "yarn", "--conf", "spark.task.cpus=1", "--conf", "spark.executor.memoryOverhead=9g", "--num-executors", "2", "--", "train", "--config", job);
        Assert.Equal(["spark.task.cpus=1"], words.Where(word => word.StartsWith("spark.task.cpus=", StringComparison.Ordinal)));
        Assert.Equal(["spark.executor.memoryOverhead=9g"], words.Where(word => word.StartsWith("spark.executor.memoryOverhead=", StringComparison.Ordinal)));
        // Two executors by conf/yarn.conf.
        Assert.Contains("spark.executor.memoryOverhead=5120m", await SubmitAsync("--master", "yarn", "--", "train", "--config", _job));
    }

    [Theory]
    [InlineData("nothing to run", "--master", "local[1]")]
    [InlineData("unknown verb \"fit\" behind \"--\"; expected train or exec", "--", "fit")]
    [InlineData("unexpected \"train\"", "train", "--config", "x")]
    [InlineData("job file \"none.yaml\" does not exist", "--", "train", "--config", "none.yaml")]
    [InlineData("--master is \"mesos://x\"; expected local[n]", "--master", "mesos://x", "--", "train", "--config", "x")]
    [InlineData("--deploy-mode cluster needs a cluster", "--master", "local[1]", "--deploy-mode", "cluster", "--", "train", "--config", "x")]
    [InlineData("dynamic allocation is on", "--master", "yarn", "--conf", "spark.dynamicAllocation.enabled=true", "--", "train", "--config", "x")]
    [InlineData("program \"none.dll\" does not exist", "--", "exec", "none.dll")]
    [InlineData("--class is set by this script", "--class", "X", "--", "train")]
    [InlineData("--master needs a value", "--master", "--", "train")]
    public async Task WrongUse_IsExplained(string message, params string[] arguments)
    {
        await using RunningProgram run = Start("4.3.0", null, arguments);
        Assert.Equal(2, await run.EndAsync());
        Assert.Contains("spark-submit.sh: " + message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--class\nmeta", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spark35_WithoutConsent_IsRefused()
    {
        await using RunningProgram run = Start("3.5.7", null, "--master", "local[1]", "--", "train", "--config", _job);
        Assert.Equal(2, await run.EndAsync());
        Assert.Contains("Connect server of Spark 3.5.7 listens on every network interface", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SparkHome_Missing_IsExplained()
    {
        await using RunningProgram run = SubmitScript.Start("", _folder, null, "--", "train", "--config", _job);
        Assert.Equal(2, await run.EndAsync());
        Assert.Contains("SPARK_HOME is not set", run.Error, StringComparison.Ordinal);
    }

    Task<IReadOnlyList<string>> SubmitAsync(params string[] arguments) => SubmitAsync(null, arguments);

    async Task<IReadOnlyList<string>> SubmitAsync(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        await using RunningProgram run = Start("4.3.0", environment, arguments);
        int code = await run.EndAsync();
        Assert.True(code == 7, run.Error);
        return run.Output.TrimEnd('\n').Split('\n');
    }

    RunningProgram Start(string version, IReadOnlyDictionary<string, string?>? environment, params string[] arguments) =>
        Start(version, environment, arguments, "printf '%s\\n' \"$@\"; exit 7");

    RunningProgram Start(string version, IReadOnlyDictionary<string, string?>? environment, string[] arguments, string spark)
    {
        _folder.WriteScript("spark/bin/spark-submit", spark);
        _folder.Write($"spark/jars/spark-core_2.13-{version}.jar", "");
        _folder.Write($"spark/jars/spark-connect_2.13-{version}.jar", "");
        _folder.Write("a.tar.gz", "");
        Dictionary<string, string?> variables = new() { ["METASPORE_ARCHIVE"] = _folder.PathOf("a.tar.gz"), ["METASPORE_LAUNCHER_JAR"] = null };
        if (!arguments.Contains("k8s://https://api:6443")) variables["METASPORE_LAUNCHER_JAR"] = _folder.Write("launcher.jar", "");
        else SparkDistribution.SkipWithoutJdk();
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>()) variables[name] = value;
        return SubmitScript.Start(_folder.PathOf("spark"), _folder, variables, arguments);
    }

    static string After(IReadOnlyList<string> words, string option) => words[words.ToList().IndexOf(option) + 1];

    static IEnumerable<string> Launcher(IReadOnlyList<string> words) => words.Skip(words.ToList().IndexOf("--program"));
}
