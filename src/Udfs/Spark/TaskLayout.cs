using System.Globalization;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The order of a header's fields, by the version of Spark that writes it.</summary>
/// <param name="Version">Version of Spark, <c>major.minor</c>.</param>
/// <param name="Known">The version whose order is followed.</param>
sealed record TaskLayout(string Version, TaskLayoutVersion Known)
{
    /// <summary>Whether the task's facts are one JSON text.</summary>
    public bool HasJsonContext => Known >= TaskLayoutVersion.Spark42;

    /// <summary>Whether a second map of settings, names of arguments and a result id are sent.</summary>
    public bool HasEvalConf => Known >= TaskLayoutVersion.Spark42;

    /// <summary>Whether a profiler may be named.</summary>
    public bool HasProfiler => Known is TaskLayoutVersion.Spark40 or TaskLayoutVersion.Spark41;

    /// <summary>Whether the barrier's port and secret are there also without barrier.</summary>
    public bool AlwaysHasBarrierPort => Known <= TaskLayoutVersion.Spark40;

    /// <summary>Whether the times that are sent back include that of processing.</summary>
    public bool HasProcessingTime => Known >= TaskLayoutVersion.Spark42;

    /// <summary>Finds the layout that a tag names.</summary>
    /// <param name="tag">The text in the place of Python's version.</param>
    /// <param name="prefix">First part of the tags of this program.</param>
    /// <param name="isFramed">Whether the header is one length-delimited message.</param>
    /// <exception cref="SparkProtocolException">The tag is another program's, or its version is not known.</exception>
    public static TaskLayout Of(string tag, string prefix, bool isFramed)
    {
        string expected = $"{prefix};spark=";
        string shown = tag.Length <= 100 ? tag : tag[..100] + "…";
        if (!tag.StartsWith(expected, StringComparison.Ordinal))
            throw new SparkProtocolException(
                $"the task is tagged \"{shown}\" where \"{expected}<version>\" was expected: it was planned by another program or version of MetaSpore.Spark; "
                + "use the same version on the driver and in the worker archive, and set spark.sql.execution.pyspark.python only in MetaSpore's sessions");
        string version = tag[expected.Length..];
        TaskLayoutVersion? known = version switch
        {
            "3.5" => TaskLayoutVersion.Spark35,
            "4.0" => TaskLayoutVersion.Spark40,
            "4.1" => TaskLayoutVersion.Spark41,
            "4.2" => TaskLayoutVersion.Spark42,
            "4.3" => TaskLayoutVersion.Spark43,
            // A framed header can be read in part: what a later version appends is skipped.
            _ when isFramed && IsLater4(version) => TaskLayoutVersion.Spark43,
            _ => null,
        };
        if (known is not { } found)
            throw new SparkProtocolException($"the task is tagged \"{shown}\": known are Spark 3.5, 4.0, 4.1, 4.2, 4.3 and later 4.x that frame their headers");
        if (isFramed != (found >= TaskLayoutVersion.Spark43))
            throw new SparkProtocolException(
                $"the header is {(isFramed ? "framed" : "not framed")}, but the task is tagged as one of Spark {version}: "
                + "the executors run another version of Spark than the Connect server, or a vendor's build");
        return new TaskLayout(version, found);
    }

    static bool IsLater4(string version) =>
        version.StartsWith("4.", StringComparison.Ordinal)
        && int.TryParse(version.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int minor) && minor > 3;
}
