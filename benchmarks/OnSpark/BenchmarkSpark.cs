using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Benchmarks.OnSpark;

/// <summary>The Spark of a measurement, from SPARK_HOME: two executors with two cores each on this machine.</summary>
static class BenchmarkSpark
{
    public static Task<SparkSession> StartAsync() => SparkSession.Builder()
        .Master("local-cluster[2,2,2048]")
        .AppName("metaspore benchmarks")
        .AllowInsecureConnect()
        .Config("spark.ui.enabled", "false")
        .Config("spark.executor.memory", "2g")
        .Config("spark.sql.shuffle.partitions", "4")
        .Config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
        .GetOrCreateAsync();
}
