namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Where Spark is. Exactly one of the two is there.</summary>
/// <param name="Remote">Address of a Connect server, such as <c>sc://host:15002</c>; never written to a log, since it may hold a token.</param>
/// <param name="Master">Master of a Spark that this process starts from SPARK_HOME and ends, such as <c>local[4]</c>.</param>
sealed record SparkTarget(string? Remote, string? Master)
{
    /// <summary>What the command line and the environment say; null: no Spark.</summary>
    /// <param name="remote">The option's value.</param>
    /// <param name="master">The option's value.</param>
    public static SparkTarget? Of(string? remote, string? master)
    {
        if (remote is not null || master is not null) return new SparkTarget(remote, master);
        string? environment = Environment.GetEnvironmentVariable("SPARK_REMOTE");
        return string.IsNullOrEmpty(environment) ? null : new SparkTarget(environment, null);
    }
}
