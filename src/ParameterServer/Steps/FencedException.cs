namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>
/// An exchange of an earlier attempt of the run, or of another run, was refused: a newer attempt owns the shard. The
/// sender has lost its role and should end.
/// </summary>
public sealed class FencedException(string message) : Exception(message);
