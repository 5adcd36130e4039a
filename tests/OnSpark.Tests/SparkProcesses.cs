using System.Globalization;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>Finds the processes of a Spark below a process, from <c>/proc</c>.</summary>
static class SparkProcesses
{
    /// <summary>A worker program of an executor below <paramref name="root"/>.</summary>
    public static int WorkerOf(int root) => One(root, command => command.Contains("pyspark.daemon"));

    /// <summary>An executor's JVM below <paramref name="root"/> that has started a worker program.</summary>
    public static int ExecutorOf(int root) => ParentOf(WorkerOf(root));

    static int One(int root, Func<string[], bool> isWanted)
    {
        foreach (string name in Directory.EnumerateDirectories("/proc").Select(path => System.IO.Path.GetFileName(path)!))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int process)) continue;
            if (isWanted(Read(name, "cmdline").Split('\0')) && IsBelow(process, root)) return process;
        }

        throw new InvalidOperationException("there is no such process");
    }

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
