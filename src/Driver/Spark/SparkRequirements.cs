using System.Globalization;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>What a Spark application must be like to train in it, checked from its configuration before anything starts.</summary>
static partial class SparkRequirements
{
    /// <summary>Checks a session.</summary>
    /// <exception cref="BadInputException">Something is wrong; the message has every problem, each with its cure.</exception>
    public static async Task CheckAsync(SparkSession session, int workers, int servers, SparkOptions options, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        async Task<string?> GetAsync(string key) => await session.Conf.GetOptionAsync(key, cancellationToken);

        if (await GetAsync("spark.dynamicAllocation.enabled") == "true")
            problems.Add("spark.dynamicAllocation.enabled is true; training needs all its executors at once: start Spark with --conf spark.dynamicAllocation.enabled=false.");
        string master = await GetAsync("spark.master") ?? "";
        int needed = Math.Max(workers, servers);
        if (Slots(master, await GetAsync("spark.executor.instances"), await GetAsync("spark.executor.cores"), await GetAsync("spark.task.cpus")) is { } slots && slots < needed)
        {
            problems.Add(
                $"Spark ({master}) runs {slots} tasks at once; {workers} workers and {servers} servers need {needed}. " +
                "Give it more executors or cores (spark.executor.instances, spark.executor.cores; local[n]), or train with fewer.");
        }

        if (Overhead(master, servers, options, await GetAsync("spark.executor.instances"), await GetAsync("spark.executor.memoryOverhead")) is { } shortage) problems.Add(shortage);
        if (problems.Count > 0) throw new BadInputException(problems);
    }

    /// <summary>Tasks that run at once; null where the configuration does not say.</summary>
    /// <param name="master">The master's address.</param>
    /// <param name="instances">Number of executors.</param>
    /// <param name="cores">Cores of each.</param>
    /// <param name="taskCpus">Cores of a task.</param>
    public static int? Slots(string master, string? instances, string? cores, string? taskCpus)
    {
        int cpus = Number(taskCpus) ?? 1;
        if (LocalCluster().Match(master) is { Success: true } cluster)
            return int.Parse(cluster.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (int.Parse(cluster.Groups[2].ValueSpan, CultureInfo.InvariantCulture) / cpus);
        if (master == "local") return 1 / cpus;
        if (Local().Match(master) is { Success: true } local) return int.Parse(local.Groups[1].ValueSpan, CultureInfo.InvariantCulture) / cpus;
        bool hasFixedExecutors = master.StartsWith("yarn", StringComparison.Ordinal) || master.StartsWith("k8s:", StringComparison.Ordinal);
        return hasFixedExecutors ? (Number(instances) ?? 2) * ((Number(cores) ?? 1) / cpus) : null;
    }

    // Shards live outside of the JVM's heap, and a container's manager ends what exceeds heap and overhead.
    internal static string? Overhead(string master, int servers, SparkOptions options, string? instances, string? overhead)
    {
        bool isLimited = master.StartsWith("yarn", StringComparison.Ordinal) || master.StartsWith("k8s:", StringComparison.Ordinal);
        if (!isLimited) return null;
        if (options.ServerMemory == 0)
            return $"spark.serverMemory ({nameof(SparkOptions)}.{nameof(SparkOptions.ServerMemory)}) is not set; {master} gives executors no room for shards by itself: say how many bytes a shard may take.";
        int executors = Math.Max(1, Number(instances) ?? 2);
        long needed = (options.ServerMemory * ((servers + executors - 1) / executors) >> 20) + 1024;
        return Mebibytes(overhead) is { } given && given >= needed
            ? null
            : $"spark.executor.memoryOverhead is {overhead ?? "not set"}; {servers} shards of {options.ServerMemory >> 20} MiB on {executors} executors, with libtorch and the .NET runtime, need {needed} MiB: add --conf spark.executor.memoryOverhead={needed}m.";
    }

    static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;

    // Spark's sizes: a number of mebibytes, or one with a unit.
    static long? Mebibytes(string? text)
    {
        if (text is null || Size().Match(text.Trim()) is not { Success: true } size) return null;
        long number = long.Parse(size.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return size.Groups[2].Value.ToUpperInvariant() switch
        {
            "K" => number >> 10,
            "G" => number << 10,
            "T" => number << 20,
            "B" => number >> 20,
            _ => number,
        };
    }

    [GeneratedRegex(@"^local\[(\d+)[\],]")]
    private static partial Regex Local();

    [GeneratedRegex(@"^local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,")]
    private static partial Regex LocalCluster();

    [GeneratedRegex(@"^(\d+)\s*([kKmMgGtTbB]?)[bB]?$")]
    private static partial Regex Size();
}
