using System.Globalization;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>Finds the processes of a Spark, by the folder of its distribution, from <c>/proc</c>.</summary>
static class SparkProcesses
{
    /// <summary>A worker program of an executor that this process's Spark of <paramref name="home"/> has started.</summary>
    public static int WorkerOf(string home)
    {
        foreach (string name in Directory.EnumerateDirectories("/proc").Select(path => System.IO.Path.GetFileName(path)!))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int process)) continue;
            bool isWorker = Read(name, "cmdline").Split('\0').Contains("pyspark.daemon");
            if (isWorker && IsBelow(process, Environment.ProcessId) && CommandOf(ParentOf(process)).Contains(home + "/", StringComparison.Ordinal)) return process;
        }

        throw new InvalidOperationException("there is no such process");
    }

    /// <summary>The executor's JVM that has started such a worker program.</summary>
    public static int ExecutorOf(string home) => ParentOf(WorkerOf(home));

    static string CommandOf(int process) => Read(process.ToString(CultureInfo.InvariantCulture), "cmdline");

    static bool IsBelow(int process, int root)
    {
        for (int at = process; at > 1; at = ParentOf(at))
            if (at == root) return true;
        return false;
    }

    // The second field is the name in parentheses, which may hold blanks.
    static int ParentOf(int process)
    {
        string stat = Read(process.ToString(CultureInfo.InvariantCulture), "stat");
        return stat.Length == 0 ? 0 : int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
