using MetaSpore.Spark.Driver.Launch;

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

    [Fact]
    public void Slots_OfYarn_AreExecutorsTimesCoresOverTaskCpus()
    {
        Dictionary<string, string> keys = new() { ["spark.executor.instances"] = "3", ["spark.executor.cores"] = "5", ["spark.task.cpus"] = "2" };
        Assert.Equal(6, SparkMaster.Slots("yarn", keys));
    }

    [Fact]
    public void Memory_TooLittleBesideTheJvm_NamesTheKeyToSet()
    {
        DoctorOptions options = Options() with
        {
            Master = "yarn",
            Job = SparkJobSettings.Default with { Servers = 3, ServerMemory = 2 * GiB },
            Configuration = new Dictionary<string, string> { ["spark.executor.instances"] = "2", ["spark.executor.memory"] = "8g" },
        };
        Finding finding = Examine("memory", options);
        Assert.Equal(FindingLevel.Fail, finding.Level);
        Assert.Contains("--conf spark.executor.memoryOverhead=5120m", finding.Cure, StringComparison.Ordinal);
        options = options with { Configuration = new Dictionary<string, string>(options.Configuration) { ["spark.executor.memoryOverhead"] = "5120" } };
        Assert.Equal(FindingLevel.Ok, Examine("memory", options).Level);
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
        DoctorOptions options = Options() with { Configuration = new Dictionary<string, string> { ["spark.dynamicAllocation.enabled"] = "true" }, Archive = _folder.Write("no.tar.gz", "text"), Job = SparkJobSettings.Default with { Storage = _folder.Write("file", "") } };
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

    DoctorOptions Options(string version = "4.3.0")
    {
        _folder.Write("spark/bin/spark-submit", "");
        _folder.Write($"spark/jars/spark-core_2.13-{version}.jar", "");
        _folder.Write($"spark/jars/spark-connect_2.13-{version}.jar", "");
        return new DoctorOptions { SparkHome = _folder.PathOf("spark"), JavaVersion = "openjdk version \"17\"", MachineMemory = 16 * GiB };
    }
}
