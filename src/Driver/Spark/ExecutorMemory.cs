using System.Globalization;
using System.Text.RegularExpressions;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>
/// Memory that an executor needs beside its JVM: Spark adds none for shards and networks, and a container that takes more than it
/// asked for is killed.
/// </summary>
static partial class ExecutorMemory
{
    /// <summary>Spark's key.</summary>
    public const string OverheadKey = "spark.executor.memoryOverhead";

    /// <summary>Bytes for the runtime and libtorch of one executor's worker process.</summary>
    public const long WorkerProcess = 1L << 30;

    /// <summary>Bytes beside the JVM of the executor with the most shards and workers, when both are spread evenly.</summary>
    /// <param name="servers">Shards of the job.</param>
    /// <param name="serverMemory">Bytes that one may take.</param>
    /// <param name="workers">Workers of the job.</param>
    /// <param name="workerMemory">Bytes that one takes for batches and the network; 0: nothing said.</param>
    /// <param name="executors">Executors; 0 when unknown: one may then get all shards and workers.</param>
    public static long Required(int servers, long serverMemory, int workers, long workerMemory, int executors) =>
        (Most(servers, executors) * serverMemory) + (Most(workers, executors) * workerMemory) + WorkerProcess;

    /// <summary>A number of bytes for Spark's key, rounded up to MiB.</summary>
    public static string Format(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Mebibytes(bytes)}m");

    /// <summary>A number of bytes in MiB, rounded up.</summary>
    public static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    /// <summary>Bytes of a size as Spark's keys of memory have it, a number of MiB or one with a unit; null when it is none.</summary>
    public static long? Parse(string? text)
    {
        if (text is null || Size().Match(text.Trim()) is not { Success: true } size) return null;
        long number = long.Parse(size.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return size.Groups[2].Value.ToUpperInvariant() switch
        {
            "B" => number,
            "K" => number << 10,
            "G" => number << 30,
            "T" => number << 40,
            _ => number << 20,
        };
    }

    static long Most(int count, int executors) => executors <= 0 ? count : (count + executors - 1) / executors;

    // Up to 9 digits: no shift overflows.
    [GeneratedRegex(@"^(\d{1,9})\s*([kKmMgGtTbB]?)[bB]?$")]
    private static partial Regex Size();
}
