namespace MetaSpore.Spark.SparkConnect;

/// <summary>What the server said about a failed call, in one place for all versions.</summary>
/// <param name="Message">The whole message.</param>
/// <param name="Classes">Class names at the server, the most derived first.</param>
sealed record ServerError(string Message, IReadOnlyList<string> Classes)
{
    /// <summary>See <see cref="SparkException.ErrorClass"/>.</summary>
    public string? ErrorClass { get; init; }

    /// <summary>See <see cref="SparkException.SqlState"/>.</summary>
    public string? SqlState { get; init; }

    /// <summary>See <see cref="SparkException.WorkerMessage"/>.</summary>
    public string? WorkerMessage { get; init; }

    /// <summary>See <see cref="SparkException.MessageParameters"/>.</summary>
    public IReadOnlyDictionary<string, string> MessageParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The most derived class.</summary>
    public string? ServerClass => Classes.Count > 0 ? Classes[0] : null;

    /// <summary>The exception of the fitting type.</summary>
    public SparkException ToException(Exception inner) =>
        Classes.Contains("org.apache.spark.sql.catalyst.parser.ParseException") ? new ParseException(this, inner)
        : Classes.Contains("org.apache.spark.sql.AnalysisException") ? new AnalysisException(this, inner)
        : new SparkException(this, inner);
}
