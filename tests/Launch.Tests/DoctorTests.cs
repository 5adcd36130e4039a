using MetaSpore.Spark.Driver.Launch;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Launch.Tests;

public sealed class DoctorTests : IDisposable
{
    const long GiB = 1L << 30;

    readonly LaunchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("3.5.7", "openjdk version \"11.0.2\"", FindingLevel.Ok)]
    [InlineData("3.5.7", "java version \"1.8.0_402\"", FindingLevel.Ok)]
    [InlineData("4.3.0", "openjdk version \"17.0.15\" 2025-04-15", FindingLevel.Ok)]
    [InlineData("4.0.1", "openjdk version \"11.0.2\"", FindingLevel.Fail)]
    [InlineData("3.5.7", "openjdk version \"21\"", FindingLevel.Warn)]
    [InlineData("4.3.0", null, FindingLevel.Fail)]
    public void Java_AgainstSparksVersion_IsJudged(string spark, string? java, FindingLevel expected) =>
        Assert.Equal(expected, Examine("Java", Options(spark) with { JavaVersion = java }).Level);

    [Theory]
    [InlineData("local[4]", 4, 2, FindingLevel.Ok)]
    [InlineData("local[3]", 4, 2, FindingLevel.Fail)]
    [InlineData("local-cluster[2,2,1024]", 4, 4, FindingLevel.Ok)]
    [InlineData("local", 1, 1, FindingLevel.Ok)]
    [InlineData("spark://host:7077", 4, 2, FindingLevel.Warn)]
    public void Slots_AgainstWorkersAndShards_AreJudged(string master, int workers, int servers, FindingLevel expected) =>
        Assert.Equal(expected, Examine("slots", Options() with { Master = master, Job = SparkJobSettings.Default with { Workers = workers, Servers = servers } }).Level);

    [Theory]
    [InlineData("yarn.conf")]
    [InlineData("k8s.conf")]
    public void Slots_WhenNobodySays_AreThoseOfTheScriptsDefaults(string file)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(SubmitScript.Root, "conf", file)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        int Default(string key) => int.Parse(Assert.Single(lines, line => line.Length == 2 && line[0] == key)[1], System.Globalization.CultureInfo.InvariantCulture);
        int slots = Default("spark.executor.instances") * Default("spark.executor.cores");
        DoctorOptions options = Options() with { Master = "yarn" };
        Assert.Equal(FindingLevel.Ok, Examine("slots", options with { Job = SparkJobSettings.Default with { Workers = slots } }).Level);
        Assert.Equal(FindingLevel.Fail, Examine("slots", options with { Job = SparkJobSettings.Default with { Workers = slots + 1 } }).Level);
    }

    [Fact]
    public void Slots_OfTasksWithSeveralCores_AreFewer()
    {
        Dictionary<string, string> keys = new() { ["spark.executor.instances"] = "3", ["spark.executor.cores"] = "5" };
        DoctorOptions options = Options() with { Master = "yarn", Configuration = keys, Job = Job("{workers: 7}", "{serverCpu: 2}") };
        Finding finding = Examine("slots", options);
        Assert.Equal(FindingLevel.Fail, finding.Level);
        Assert.Contains("but yarn runs 6 tasks of 2 cores at once", finding.Message, StringComparison.Ordinal);
        keys["spark.task.cpus"] = "1";
        Assert.Equal(FindingLevel.Ok, Examine("slots", options).Level);
    }

    [Fact]
    public void Memory_TooLittleBesideTheJvm_NamesTheKeyToSet()
    {
        Dictionary<string, string> keys = new() { ["spark.executor.instances"] = "2", ["spark.executor.memoryOverhead"] = "5g" };
        // On one of two executors: two shards, two workers, and the process itself.
        DoctorOptions options = Options() with { Master = "yarn", Configuration = keys, Job = Job("{servers: 3, workers: 3}", "{serverMemory: 2g, workerMemory: 512m}") };
        Finding finding = Examine("memory", options);
        Assert.Equal(FindingLevel.Fail, finding.Level);
        Assert.Contains("need 6144m beside the JVM, spark.executor.memoryOverhead is 5g", finding.Message, StringComparison.Ordinal);
        Assert.Contains("--conf spark.executor.memoryOverhead=6144m", finding.Cure, StringComparison.Ordinal);
        keys["spark.executor.memoryOverhead"] = "6144";
        Assert.Equal(FindingLevel.Ok, Examine("memory", options).Level);
        keys.Remove("spark.executor.memoryOverhead");
        Assert.Contains("spark-submit.sh adds 6144m", Examine("memory", options).Message, StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Fail, Examine("memory", options with { Master = "local[4]", MachineMemory = 8 * GiB }).Level);
    }

    [Fact]
    public void JobFile_WithAWrongKey_IsExplained()
    {
        BadInputException error = Assert.Throws<BadInputException>(() => Job("{}", "{serverMemory: much}"));
        Assert.Contains("spark.serverMemory: expected a size such as 4g", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Distribution_WithoutConnect_NamesThePackage()
    {
        DoctorOptions options = Options("3.5.7");
        File.Delete(_folder.PathOf("spark/jars/spark-connect_2.13-3.5.7.jar"));
        Finding finding = Examine("Spark Connect", options);
        Assert.Equal(FindingLevel.Fail, finding.Level);
        Assert.Contains("--packages org.apache.spark:spark-connect_2.12:3.5.7", finding.Cure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.4.1", FindingLevel.Fail)]
    [InlineData("3.5.7", FindingLevel.Ok)]
    [InlineData("4.3.0", FindingLevel.Ok)]
    [InlineData("4.4.0", FindingLevel.Fail)]
    public void SparkVersion_OutsideTheRange_Fails(string version, FindingLevel expected) => Assert.Equal(expected, Examine("Spark version", Options(version)).Level);

    [Fact]
    public void Rest_IsJudged()
    {
        DoctorOptions options = Options() with { Configuration = new Dictionary<string, string> { ["spark.dynamicAllocation.enabled"] = "true" }, Archive = _folder.Write("no.tar.gz", "text"), Job = Job("{}", $"{{storage: {_folder.Write("file", "")}}}") };
        Assert.Equal(FindingLevel.Fail, Examine("dynamic allocation", options).Level);
        Assert.Contains("was not written by metaspore package", Examine("archive", options).Message, StringComparison.Ordinal);
        Assert.Equal(FindingLevel.Fail, Examine("storage", options).Level);
        Assert.Equal(FindingLevel.Ok, Examine("archive", options with { Archive = ProgramArchive.Write(_folder, "exit 0").Archive }).Level);
        Assert.Equal(FindingLevel.Fail, Examine("SPARK_HOME", options with { SparkHome = null }).Level);
    }

    [Fact]
    public async Task Verb_WithJson_EndsWithTheWorstLevel()
    {
        Options();
        await using RunningProgram run = RunningProgram.Start(Path.Combine(AppContext.BaseDirectory, "metaspore"),
            ["doctor", "--spark-home", _folder.PathOf("spark"), "--conf", "spark.dynamicAllocation.enabled=true", "--json"], _folder.Root);
        Assert.Equal(2, await run.EndAsync());
        Assert.Contains("\"level\":\"fail\",\"check\":\"dynamic allocation\"", run.Output, StringComparison.Ordinal);
    }

    static Finding Examine(string check, DoctorOptions options) => Assert.Single(Doctor.Examine(options), finding => finding.Check == check);

    SparkJobSettings Job(string training, string spark) => SparkJobSettings.Load(_folder.Write("job.yaml", $"training: {training}\nspark: {spark}\n"), []);

    DoctorOptions Options(string version = "4.3.0")
    {
        _folder.Write("spark/bin/spark-submit", "");
        _folder.Write($"spark/jars/spark-core_2.13-{version}.jar", "");
        _folder.Write($"spark/jars/spark-connect_2.13-{version}.jar", "");
        return new DoctorOptions { SparkHome = _folder.PathOf("spark"), JavaVersion = "openjdk version \"17\"", MachineMemory = 16 * GiB };
    }
}
