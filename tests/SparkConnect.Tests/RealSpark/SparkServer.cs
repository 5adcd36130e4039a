using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.RealSpark;

/// <summary>One server of a real Spark for all tests of a version; tests skip visibly where no distribution is.</summary>
public abstract class SparkServer(string version) : IAsyncLifetime
{
    SparkSession? _session;

    public string Version { get; } = version;

    /// <summary>A session of its own for a test.</summary>
    public Task<SparkSession> NewSessionAsync()
    {
        SparkDistribution.SkipWhenAbsent();
        return _session!.NewSessionAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask InitializeAsync()
    {
        if (SparkDistribution.Folder is null) return;
        SparkSessionBuilder builder = SparkSession.Builder().Master("local[4]").AppName("tests")
            .Config("spark.sql.shuffle.partitions", "4").Config("spark.driver.memory", "1g");
        if (Version.StartsWith('3')) builder = builder.AllowInsecureConnect();
        SparkInstallation installation = SparkInstallation.At(SparkDistribution.Home(Version));
        _session = await builder.StartAsync(installation, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
