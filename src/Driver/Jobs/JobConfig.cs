using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>
/// A job file, read and checked: what docs/configuration.md describes. Immutable. Paths are absolute: in the file they
/// start from the file's folder, in overrides from the working directory.
/// </summary>
sealed record JobConfig
{
    /// <summary>Full path of the job file.</summary>
    public required string File { get; init; }

    /// <summary>The rows.</summary>
    public required DataConfig Data { get; init; }

    /// <summary>The features.</summary>
    public required FeatureSpec Features { get; init; }

    /// <summary>The network.</summary>
    public required ModelConfig Model { get; init; }

    /// <summary>How to train.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>The model to start from; null: from scratch.</summary>
    public InputConfig? Input { get; init; }

    /// <summary>How processes work together, where the job runs with processes.</summary>
    public required ClusterOptions Cluster { get; init; }

    /// <summary>Whether the job runs with processes instead of threads; not a key of the file.</summary>
    public bool UsesProcesses { get; init; }

    /// <summary>How the job uses Spark, where it runs there.</summary>
    public required SparkConfig Spark { get; init; }

    /// <summary>Where Spark is, when the job runs on it; null: it runs without. Not a key of the file.</summary>
    public SparkTarget? SparkTarget { get; init; }

    /// <summary>What to write; null in a job that is only converted.</summary>
    public OutputConfig? Output { get; init; }

    /// <summary>Every key of the file with its value, overrides included, in the file's order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Reads a job file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Values that replace the file's, each <c>dotted.key=YAML value</c>, the last one wins.</param>
    /// <param name="purpose">What the job is wanted for: a conversion needs no features and no output.</param>
    /// <param name="pathsFrom">Folder that the file's relative paths start from, where the file is a copy; null: its own.</param>
    /// <exception cref="BadInputException">
    /// Something is wrong with the file, an override or a path that they name; the message lists everything at once, each
    /// line with its place.
    /// </exception>
    public static JobConfig Load(string path, IReadOnlyList<string>? overrides = null, JobPurpose purpose = JobPurpose.Train, string? pathsFrom = null)
    {
        JobDocument document = JobDocument.Load(path, overrides ?? [], pathsFrom);
        JobConfig job = JobReader.Read(document, Path.GetFullPath(path), purpose);
        document.ThrowIfWrong();
        return job;
    }
}
