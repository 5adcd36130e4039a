namespace MetaSpore.Spark.SparkConnect;

/// <summary>The server refused or failed a call. The message is Spark's own, without stack traces.</summary>
public class SparkException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Text for people.</param>
    /// <param name="inner">The transport's exception, if any.</param>
    public SparkException(string message, Exception? inner = null) : base(message, inner) => MessageParameters = new Dictionary<string, string>();

    internal SparkException(ServerError error, Exception? inner) : base(error.Message, inner)
    {
        ErrorClass = error.ErrorClass;
        SqlState = error.SqlState;
        ServerClass = error.ServerClass;
        WorkerMessage = error.WorkerMessage;
        MessageParameters = error.MessageParameters;
    }

    /// <summary>Spark's name of the error, such as <c>TABLE_OR_VIEW_NOT_FOUND</c> or <c>DIVIDE_BY_ZERO</c>; null when the server gave none.</summary>
    public string? ErrorClass { get; }

    /// <summary>The five characters of SQLSTATE, such as <c>42P01</c>; null when the server gave none.</summary>
    public string? SqlState { get; }

    /// <summary>Name of the exception's class at the server, such as <c>org.apache.spark.sql.AnalysisException</c>; null when unknown.</summary>
    public string? ServerClass { get; }

    /// <summary>The text that the worker program of an executor failed with, from its first line on; null when no worker failed.</summary>
    public string? WorkerMessage { get; }

    /// <summary>The values in the message by name; empty when the server gave none.</summary>
    public IReadOnlyDictionary<string, string> MessageParameters { get; }
}
