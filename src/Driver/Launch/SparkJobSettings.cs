using System.Globalization;
using MetaSpore.Spark.Driver.Jobs;

namespace MetaSpore.Spark.Driver.Launch;

/// <summary>What of a job file matters before Spark starts. Immutable.</summary>
/// <param name="Workers">Tasks that train at once.</param>
/// <param name="Servers">Shards.</param>
/// <param name="ServerMemory">Bytes that one shard may take; 0 when the file does not say.</param>
/// <param name="Storage">Folder that driver and executors share; null when the file does not say.</param>
/// <param name="Configuration">Spark's keys of <c>spark.conf</c>.</param>
sealed record SparkJobSettings(int Workers, int Servers, long ServerMemory, string? Storage, IReadOnlyDictionary<string, string> Configuration)
{
    /// <summary>A job with one worker and one shard, and nothing said about Spark.</summary>
    public static SparkJobSettings Default { get; } = new(1, 1, 0, null, new Dictionary<string, string>());

    /// <summary>Reads these keys alone; the rest of the file is checked where the job runs.</summary>
    /// <exception cref="Model.Errors.BadInputException">The file is missing, or one of the keys is wrong.</exception>
    public static SparkJobSettings Load(string path, IReadOnlyList<string> overrides)
    {
        JobDocument document = JobDocument.Load(path, overrides);
        var root = new JobSection(document, "", document.Root);
        JobSection training = root.Section("training");
        JobSection spark = root.Section("spark");
        JobSection configuration = spark.Section("conf");
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string key in configuration.Keys)
        {
            if (configuration.Text(key) is { } value) values[key] = value;
        }

        var settings = new SparkJobSettings(
            training.Count("workers", 1, 1),
            training.Count("servers", 1, 1),
            ReadSize(spark, "serverMemory"),
            spark.Text("storage", "a path") is { } storage && !storage.Contains("://", StringComparison.Ordinal) ? spark.FilePath("storage") : null,
            values);
        document.ThrowIfWrong();
        return settings;
    }

    static long ReadSize(JobSection section, string key)
    {
        if (section.Text(key, "a size") is not { } text) return 0;
        if (TryParseSize(text, defaultUnit: 1, out long bytes)) return bytes;
        section.Wrong(key, section.Find(key)!, "bytes, or a number with k, m, g or t");
        return 0;
    }

    /// <summary>Reads a size as Spark writes them: <c>512m</c>, <c>2g</c>, or a bare number of <paramref name="defaultUnit"/> bytes.</summary>
    public static bool TryParseSize(string text, long defaultUnit, out long bytes)
    {
        string lower = text.Trim().ToLowerInvariant();
        if (lower.EndsWith('b') && lower.Length > 1) lower = lower.TrimEnd('b').TrimEnd('i');
        int shift = lower.Length == 0 ? 0 : lower[^1] switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => 0 };
        string digits = shift == 0 ? lower : lower[..^1];
        long unit = shift == 0 ? defaultUnit : 1L << shift;
        bool isNumber = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count <= long.MaxValue / unit;
        bytes = isNumber ? count * unit : 0;
        return isNumber;
    }
}
