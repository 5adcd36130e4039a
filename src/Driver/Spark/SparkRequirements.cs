using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>What a Spark application must be like to train in it, checked from its configuration before anything starts.</summary>
static class SparkRequirements
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
        string? instances = await GetAsync(ExecutorSlots.ExecutorsKey);
        int needed = Math.Max(workers, servers);
        if (ExecutorSlots.Count(master, instances, await GetAsync(ExecutorSlots.CoresKey), await GetAsync(ExecutorSlots.TaskCpusKey)) is { } slots && slots < needed)
        {
            problems.Add(
                $"Spark ({master}) runs {slots} tasks at once; {workers} workers and {servers} servers need {needed}. " +
                "Give it more executors or cores (spark.executor.instances, spark.executor.cores; local[n]), or train with fewer.");
        }

        if (Overhead(master, servers, options, instances, await GetAsync(ExecutorMemory.OverheadKey)) is { } shortage) problems.Add(shortage);
        if (problems.Count > 0) throw new BadInputException(problems);
    }

    // Shards live outside of the JVM's heap, and a container's manager ends what exceeds heap and overhead. What workers take on top
    // is the job file's to say, to those who start the application.
    internal static string? Overhead(string master, int servers, SparkOptions options, string? instances, string? overhead)
    {
        if (!ExecutorSlots.AreContainers(master)) return null;
        if (options.ServerMemory == 0)
            return $"spark.serverMemory ({nameof(SparkOptions)}.{nameof(SparkOptions.ServerMemory)}) is not set; {master} gives executors no room for shards by itself: say how many bytes a shard may take.";
        int executors = ExecutorSlots.Number(instances) ?? ExecutorSlots.DefaultExecutors;
        long needed = ExecutorMemory.Mebibytes(ExecutorMemory.Required(servers, options.ServerMemory, workers: 0, workerMemory: 0, executors));
        return ExecutorMemory.Parse(overhead) is { } given && given >= needed << 20
            ? null
            : $"spark.executor.memoryOverhead is {overhead ?? "not set"}; {servers} shards of {options.ServerMemory >> 20} MiB on {executors} executors, with libtorch and the .NET runtime, need {needed} MiB: add --conf spark.executor.memoryOverhead={needed}m.";
    }
}
