namespace MetaSpore.Spark.Driver.Launch;

/// <summary>What <see cref="Doctor"/> looks at. Immutable.</summary>
sealed record DoctorOptions
{
    /// <summary>Folder of the Spark distribution; null when none was given.</summary>
    public string? SparkHome { get; init; }

    /// <summary>As for <c>--master</c> of spark-submit.</summary>
    public string Master { get; init; } = "local[*]";

    /// <summary>The job.</summary>
    public SparkJobSettings Job { get; init; } = SparkJobSettings.Default;

    /// <summary>Spark's keys: those of the command line over those of the job over those of the distribution.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();

    /// <summary>The archive for the nodes; null when none was given.</summary>
    public string? Archive { get; init; }

    /// <summary>What <c>java -version</c> printed; null when there is no Java.</summary>
    public string? JavaVersion { get; init; }

    /// <summary>Bytes of memory that this machine or container has.</summary>
    public long MachineMemory { get; init; }
}
