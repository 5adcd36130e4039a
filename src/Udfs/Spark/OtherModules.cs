using System.Globalization;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// Answers for Python modules other than the worker of tasks. Spark's server asks for Python data sources when a format is unknown, and
/// is told that there are none; everything else is refused.
/// </summary>
sealed class OtherModules(string module, SparkWorkerOptions options) : IConnectionService
{
    const string LookupDataSources = "pyspark.sql.worker.lookup_data_sources";

    /// <summary>Whether a module is the worker of tasks.</summary>
    public static bool IsTaskWorker(string module) =>
        module == "worker" || (module.EndsWith(".worker", StringComparison.Ordinal) && !module.Contains("streaming", StringComparison.Ordinal));

    public void Serve(Connection connection)
    {
        if (module == LookupDataSources) AnswerNoSources(connection);
        else Refuse(connection);
    }

    static void AnswerNoSources(Connection connection)
    {
        WireReader reader = connection.Reader;
        _ = reader.ReadText("Python version");
        _ = reader.ReadText("files directory");
        int includes = reader.ReadCount("number of Python includes");
        for (int i = 0; i < includes; i++) _ = reader.ReadText("Python include");
        TaskHeaderReader.SkipBroadcasts(reader);
        int end = reader.ReadInt32("end of the request");
        connection.Writer.Write(0); // sources
        connection.Writer.Write(0); // updates of accumulators
        connection.Writer.Write(end == Signal.EndOfStream ? Signal.EndOfStream : Signal.EndOfDataSection);
        connection.Writer.Flush();
        connection.DiscardUntilClosed(TimeSpan.FromSeconds(10), TimeProvider.System);
    }

    void Refuse(Connection connection)
    {
        var error = new NotSupportedException(string.Create(
            CultureInfo.InvariantCulture, $"the Python module {module} was asked of MetaSpore's worker, which has no Python: use no Python functions or Python data sources in a session whose spark.sql.execution.pyspark.python names it"));
        ConnectionError.Report(connection, TaskErrorText.Of(-1, error, isCancelled: false), options);
    }
}
