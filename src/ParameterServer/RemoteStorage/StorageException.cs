namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>
/// A store does not answer, or answers with errors of its own, also after repeated calls. The message says which address, what
/// was tried and what to do.
/// </summary>
/// <param name="message">The message.</param>
/// <param name="inner">The last error.</param>
public sealed class StorageException(string message, Exception? inner = null) : IOException(message, inner);
