using System.Collections.Concurrent;
using MetaSpore.Spark.OnSpark.Tests;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Testing.Stores;
using Xunit;

[assembly: AssemblyFixture(typeof(SparkClusters))]

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>
/// Real Sparks by version and master, each started when a test first asks for it and ended after the last test. The tests are one
/// collection, so that they run one after another: they share the clusters, and some of them kill what they find there.
/// </summary>
public sealed class SparkClusters : IAsyncDisposable
{
    readonly ConcurrentDictionary<(string Version, string Master), Lazy<Task<SparkSession>>> _sessions = new();

    /// <summary>Version and master of every Spark that tests run on.</summary>
    public static TheoryData<string, string> All => new()
    {
        { "4.3.0", "local[4]" },
        { "4.3.0", "local-cluster[2,2,1024]" },
        { "3.5.7", "local[4]" },
        { "3.5.7", "local-cluster[2,2,1024]" },
    };

    /// <summary>A session of a Spark, shared by the tests; skips where there is no Spark.</summary>
    public async Task<SparkSession> OpenAsync(string version, string master)
    {
        string home = SparkDistribution.Home(version);
        return await _sessions.GetOrAdd((version, master), key => new Lazy<Task<SparkSession>>(() => StartAsync(home, key.Master))).Value;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<SparkSession>> session in _sessions.Values.Where(session => session.IsValueCreated && session.Value.IsCompletedSuccessfully))
            await session.Value.Result.DisposeAsync();
    }

    static Task<SparkSession> StartAsync(string home, string master)
    {
        // Executors reach the tests' stores by the environment that they inherit.
        _ = TestStores.S3;
        return Builder(home, master).GetOrCreateAsync(TestContext.Current.CancellationToken);
    }

    static SparkSessionBuilder Builder(string home, string master) => SparkSession.Builder()
        .SparkHome(home)
        .Master(master)
        .AllowInsecureConnect()
        .AppName("metaspore tests")
        .Config("spark.ui.enabled", "false")
        .Config("spark.sql.shuffle.partitions", "4")
        .Config("spark.default.parallelism", "4")
        .Config("spark.executor.memory", "1g")
        .Config("spark.scheduler.minRegisteredResourcesRatio", "1.0");
}
