using System.Net;
using System.Net.Sockets;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>A master and a worker of Spark's standalone cluster on loopback, in the foreground of this test.</summary>
sealed class StandaloneCluster : IAsyncDisposable
{
    readonly RunningProgram _master;
    readonly RunningProgram _worker;

    StandaloneCluster(string url, RunningProgram master, RunningProgram worker) => (Url, _master, _worker) = (url, master, worker);

    /// <summary>For <c>--master</c>.</summary>
    public string Url { get; }

    /// <summary>Starts both and waits until the worker is registered.</summary>
    public static async Task<StandaloneCluster> StartAsync(string sparkHome, LaunchFolder folder)
    {
        Dictionary<string, string?> environment = new() { ["SPARK_HOME"] = sparkHome, ["SPARK_LOCAL_IP"] = "127.0.0.1", ["SPARK_NO_DAEMONIZE"] = "1", ["SPARK_CONF_DIR"] = folder.PathOf("cluster") };
        folder.Write("cluster/log4j2.properties", """
            rootLogger.level = info
            rootLogger.appenderRef.console.ref = console
            appender.console.type = Console
            appender.console.name = console
            appender.console.target = SYSTEM_OUT
            appender.console.layout.type = PatternLayout
            appender.console.layout.pattern = %m%n
            """);
        int port = FreePort();
        string url = $"spark://127.0.0.1:{port}";
        string java = Path.Combine(sparkHome, "bin", "spark-class");
        RunningProgram master = RunningProgram.Start(java, ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", $"{port}", "--webui-port", "0"], folder.Root, environment);
        RunningProgram worker = RunningProgram.Start(java,
            ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "4", "--memory", "3g", "--work-dir", folder.PathOf("work"), url], folder.Root, environment);
        var cluster = new StandaloneCluster(url, master, worker);
        try
        {
            await master.AwaitAsync("I have been elected leader");
            master.Drain();
            await worker.AwaitAsync("Successfully registered with master");
            worker.Drain();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _master.DisposeAsync();
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
