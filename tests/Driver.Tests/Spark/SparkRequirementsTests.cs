using MetaSpore.Spark.Driver.Spark;

namespace MetaSpore.Spark.Driver.Tests.Spark;

public sealed class SparkRequirementsTests
{
    [Theory]
    [InlineData("local", null, null, null, 1)]
    [InlineData("local[4]", null, null, null, 4)]
    [InlineData("local[4,2]", null, null, "2", 2)]
    [InlineData("local-cluster[2,3,1024]", null, null, "2", 2)]
    [InlineData("local-cluster[2, 2, 1024]", null, null, null, 4)]
    [InlineData("yarn", "3", "4", "2", 6)]
    [InlineData("yarn", null, null, null, 2)]
    [InlineData("k8s://https://host:6443", "5", "1", null, 5)]
    public void Slots_AreExecutorsTimesCoresOfATask(string master, string? instances, string? cores, string? taskCpus, int expected) =>
        Assert.Equal(expected, ExecutorSlots.Count(master, instances, cores, taskCpus));

    [Theory]
    [InlineData("spark://host:7077")]
    [InlineData("local[*]")]
    public void Slots_WhereTheConfigurationDoesNotSay_AreUnknown(string master) => Assert.Null(ExecutorSlots.Count(master, null, null, null));

    [Theory]
    [InlineData("5g", 2L << 30, 2, 1, null)]
    [InlineData("5120", 2L << 30, 2, 1, null)]
    [InlineData("3072m", 2L << 30, 2, 2, null)]
    [InlineData(null, 2L << 30, 2, 1, "spark.executor.memoryOverhead is not set; 2 shards of 2048 MiB on 1 executors, with libtorch and the .NET runtime, need 5120 MiB: add --conf spark.executor.memoryOverhead=5120m.")]
    [InlineData("3071m", 2L << 30, 1, 1, "spark.executor.memoryOverhead is 3071m; 1 shards of 2048 MiB on 1 executors, with libtorch and the .NET runtime, need 3072 MiB: add --conf spark.executor.memoryOverhead=3072m.")]
    public void Overhead_ThatDoesNotHoldTheShards_IsRefusedWithTheCure(string? overhead, long serverMemory, int servers, int executors, string? expected)
    {
        string instances = executors.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, SparkRequirements.Overhead("yarn", servers, new SparkOptions { ServerMemory = serverMemory }, instances, overhead));
    }

    [Fact]
    public void Overhead_WithoutAServerMemory_IsRefusedWhereContainersAreLimited()
    {
        Assert.StartsWith("spark.serverMemory (ServerMemory) is not set; k8s://h gives executors no room", SparkRequirements.Overhead("k8s://h", 1, new SparkOptions(), null, null)!.Replace("SparkOptions.", "", StringComparison.Ordinal));
        Assert.Null(SparkRequirements.Overhead("local[4]", 1, new SparkOptions(), null, null));
    }
}
