namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>
/// A process of the job ended, stopped answering or could not be reached: the run can be continued from its last snapshot by
/// new processes. The message says which one, how it ended, and its last log lines.
/// </summary>
public sealed class ProcessLostException(string message, Exception? inner = null) : Exception(message, inner);
