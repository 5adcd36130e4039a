using System.Globalization;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Spark;

namespace MetaSpore.Spark.Driver.Launch;

/// <summary>What of a job file matters before Spark starts. Immutable.</summary>
/// <param name="Workers">Tasks that train at once.</param>
/// <param name="Servers">Shards.</param>
/// <param name="Spark">The section <c>spark</c>.</param>
sealed record SparkJobSettings(int Workers, int Servers, SparkConfig Spark)
{
    /// <summary>A job with one worker and one shard, and nothing said about Spark.</summary>
    public static SparkJobSettings Default { get; } = new(1, 1, new SparkConfig { Options = new SparkOptions() });

    /// <summary>Processors of a task: shards and workers are both tasks of one application.</summary>
    public int TaskCpus => Math.Max(Spark.Options.WorkerCpu, Spark.ServerCpu);

    /// <summary>The folder that driver and executors share, when it is one of this machine; else null.</summary>
    public string? LocalStorage { get; init; }

    /// <summary>Reads these keys alone; the rest of the file is checked where the job runs.</summary>
    /// <exception cref="Model.Errors.BadInputException">The file is missing, or one of the keys is wrong.</exception>
    public static SparkJobSettings Load(string path, IReadOnlyList<string> overrides)
    {
        JobDocument document = JobDocument.Load(path, overrides);
        var root = new JobSection(document, "", document.Root);
        JobSection training = root.Section("training");
        JobSection spark = root.Section("spark");
        bool isLocal = spark.Text("storage", "a path") is { } storage && !storage.Contains("://", StringComparison.Ordinal);
        SparkConfig config = SparkSectionReader.Read(spark);
        var settings = new SparkJobSettings(training.Count("workers", 1, 1), training.Count("servers", 1, 1), config) { LocalStorage = isLocal ? config.Options.Storage : null };
        document.ThrowIfWrong();
        return settings;
    }

    /// <summary>Bytes that an executor needs beside its JVM.</summary>
    /// <param name="executors">Executors; 0 when unknown.</param>
    public long ExecutorOverhead(int executors) => ExecutorMemory.Required(Servers, Spark.Options.ServerMemory, Workers, Spark.WorkerMemory, executors);

    /// <summary>Spark's keys for a submission: those of <c>spark.conf</c>, and what follows from the others unless it is among them.</summary>
    /// <param name="executors">Executors as the command line or Spark's files say; 0 when they don't.</param>
    /// <param name="defaultExecutors">Executors when neither they nor the job file say; 0 when unknown.</param>
    public IReadOnlyDictionary<string, string> SparkKeys(int executors, int defaultExecutors)
    {
        Dictionary<string, string> keys = new(Spark.Conf, StringComparer.Ordinal);
        if (executors == 0) executors = ExecutorSlots.Number(keys.GetValueOrDefault(ExecutorSlots.ExecutorsKey)) ?? defaultExecutors;
        if (Spark.Options.ServerMemory > 0 || Spark.WorkerMemory > 0) keys.TryAdd(ExecutorMemory.OverheadKey, ExecutorMemory.Format(ExecutorOverhead(executors)));
        if (TaskCpus > 1) keys.TryAdd(ExecutorSlots.TaskCpusKey, TaskCpus.ToString(CultureInfo.InvariantCulture));
        return keys;
    }
}
