namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Tells Spark of a failure; nothing may be written afterwards.</summary>
static class ConnectionError
{
    /// <exception cref="IOException">The connection broke.</exception>
    public static void Report(Connection connection, string text, SparkWorkerOptions options)
    {
        connection.Writer.Write(Signal.ExceptionThrown);
        connection.Writer.Write(text);
        connection.Writer.Flush();
        connection.DiscardUntilClosed(options.CloseTimeout, options.Time);
    }
}
