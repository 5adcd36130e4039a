using System.Globalization;
using System.Text.RegularExpressions;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>How many tasks Spark runs at once, as far as the master's address and Spark's keys tell.</summary>
static partial class ExecutorSlots
{
    /// <summary>Spark's key for the number of executors.</summary>
    public const string ExecutorsKey = "spark.executor.instances";

    /// <summary>Spark's key for the cores of an executor.</summary>
    public const string CoresKey = "spark.executor.cores";

    /// <summary>Spark's key for the cores of a task.</summary>
    public const string TaskCpusKey = "spark.task.cpus";

    /// <summary>Executors of YARN and Kubernetes when nobody says how many.</summary>
    public const int DefaultExecutors = 2;

    /// <summary>Whether executors are containers, whose number is fixed and whose memory is limited.</summary>
    public static bool AreContainers(string master) => master.StartsWith("yarn", StringComparison.Ordinal) || master.StartsWith("k8s:", StringComparison.Ordinal);

    /// <summary>Tasks that run at once; null where the configuration does not say.</summary>
    /// <param name="master">The master's address.</param>
    /// <param name="instances">Number of executors.</param>
    /// <param name="cores">Cores of each.</param>
    /// <param name="taskCpus">Cores of a task.</param>
    public static int? Count(string master, string? instances, string? cores, string? taskCpus)
    {
        int cpus = Number(taskCpus) ?? 1;
        if (LocalCluster().Match(master) is { Success: true } cluster)
            return int.Parse(cluster.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (int.Parse(cluster.Groups[2].ValueSpan, CultureInfo.InvariantCulture) / cpus);
        if (master == "local") return 1 / cpus;
        if (Local().Match(master) is { Success: true } local) return int.Parse(local.Groups[1].ValueSpan, CultureInfo.InvariantCulture) / cpus;
        return AreContainers(master) ? (Number(instances) ?? DefaultExecutors) * ((Number(cores) ?? 1) / cpus) : null;
    }

    /// <summary>A whole number above 0; null when the text is none.</summary>
    public static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;

    [GeneratedRegex(@"^local\[(\d{1,6})[\],]")]
    private static partial Regex Local();

    [GeneratedRegex(@"^local-cluster\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,")]
    private static partial Regex LocalCluster();
}
