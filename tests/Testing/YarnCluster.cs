using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MetaSpore.Spark.Testing;

/// <summary>A real YARN of one node on loopback, for one test.</summary>
public sealed class YarnCluster : IDisposable
{
    // The script uses as many ports in a row.
    const int PortCount = 10;

    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    readonly string _folder;

    YarnCluster(string folder, string configuration) => (_folder, Configuration) = (folder, configuration);

    /// <summary>The folder for <c>HADOOP_CONF_DIR</c>.</summary>
    public string Configuration { get; }

    /// <summary>Starts it and waits until its node runs; skips the calling test with a visible reason when there is no distribution.</summary>
    /// <param name="folder">A folder for its files, which is made.</param>
    public static YarnCluster Start(string folder)
    {
        SparkDistribution.SkipWhenAbsent();
        try
        {
            return new YarnCluster(folder, SparkDistribution.Run("yarn", "start", folder, FreePorts().ToString(CultureInfo.InvariantCulture)));
        }
        catch
        {
            Stop(folder);
            throw;
        }
    }

    /// <summary>Stops it and waits until its processes have ended.</summary>
    public void Dispose() => Stop(_folder);

    static void Stop(string folder)
    {
        Process[] processes = [.. Processes(folder)];
        SparkDistribution.Run("yarn", "stop", folder);
        foreach (Process process in processes)
        {
            if (!process.WaitForExit(s_deadline)) process.Kill();
            process.Dispose();
        }
    }

    static IEnumerable<Process> Processes(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.pid") : [];
        foreach (string file in files)
        {
            Process? process = null;
            try
            {
                process = Process.GetProcessById(int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
            }
            catch (ArgumentException)
            {
                // It has ended already.
            }

            if (process is not null) yield return process;
        }
    }

    // Below the ports that the system gives to those who ask for any.
    static int FreePorts()
    {
        for (int first = 18300; first < 32000; first += PortCount)
        {
            if (Enumerable.Range(first, PortCount).All(IsFree)) return first;
        }

        throw new InvalidOperationException($"there are no {PortCount} free ports in a row");
    }

    static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
