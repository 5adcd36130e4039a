using System.Globalization;
using System.Text.RegularExpressions;

namespace MetaSpore.Spark.Driver.Launch;

/// <summary>How many tasks can run at once, as far as a master's address and Spark's keys tell.</summary>
static partial class SparkMaster
{
    /// <summary>The number of slots; null when only the cluster knows.</summary>
    /// <param name="master">As for <c>--master</c>.</param>
    /// <param name="configuration">Spark's keys.</param>
    public static int? Slots(string master, IReadOnlyDictionary<string, string> configuration)
    {
        int taskCpus = Math.Max(1, Number(configuration, "spark.task.cpus") ?? 1);
        if (master == "local") return 1;
        if (Local().Match(master) is { Success: true } local)
        {
            string threads = local.Groups[1].Value;
            return (threads == "*" ? Environment.ProcessorCount : int.Parse(threads, CultureInfo.InvariantCulture)) / taskCpus;
        }

        if (LocalCluster().Match(master) is { Success: true } cluster)
            return int.Parse(cluster.Groups[1].Value, CultureInfo.InvariantCulture) * (int.Parse(cluster.Groups[2].Value, CultureInfo.InvariantCulture) / taskCpus);
        int? cores = Number(configuration, "spark.executor.cores") ?? (master is "yarn" || master.StartsWith("k8s://", StringComparison.Ordinal) ? 1 : null);
        int? executors = Number(configuration, "spark.executor.instances");
        if (cores is { } each && executors is { } count) return count * (each / taskCpus);
        return Number(configuration, "spark.cores.max") / taskCpus;
    }

    static int? Number(IReadOnlyDictionary<string, string> configuration, string key) =>
        configuration.TryGetValue(key, out string? text) && int.TryParse(text, CultureInfo.InvariantCulture, out int value) ? value : null;

    [GeneratedRegex(@"^local\[(\d{1,6}|\*)(?:,\d+)?\]$")]
    private static partial Regex Local();

    [GeneratedRegex(@"^local-cluster\[(\d{1,6}),(\d{1,6}),\d+\]$")]
    private static partial Regex LocalCluster();
}
