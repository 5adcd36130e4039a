namespace MetaSpore.Spark.SparkConnect;

/// <summary>The server could not be reached, started or spoken to. The message says which address and what to check.</summary>
public sealed class SparkConnectException : SparkException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Text for people: what failed, where, what to check.</param>
    /// <param name="inner">The transport's exception, if any.</param>
    public SparkConnectException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
