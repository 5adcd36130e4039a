namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Spark sent something that this program does not understand. The message says what, what was expected and what to do.</summary>
public sealed class SparkProtocolException : IOException
{
    /// <summary>Creates the exception.</summary>
    public SparkProtocolException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public SparkProtocolException(string message, Exception inner) : base(message, inner) { }
}
