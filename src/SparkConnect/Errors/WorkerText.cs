using System.Text.RegularExpressions;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Finds the text that a worker program failed with inside the messages of the server.</summary>
static partial class WorkerText
{
    /// <summary>The class of a worker's failure at the server.</summary>
    public const string ServerClass = "org.apache.spark.api.python.PythonException";

    /// <summary>The error class of a worker's failure, from 4.2 on.</summary>
    public const string ErrorClass = "PYTHON_EXCEPTION";

    /// <summary>How the first line of our worker's texts begins: a compact JSON object.</summary>
    public const string Marker = "{\"metaspore\":1";

    const string Prefix = "An exception was thrown from the Python worker: ";

    /// <summary>The worker's text in one message of the server.</summary>
    /// <param name="message">The message; it may be cut, and a barrier job wraps it in other text and in frames of the JVM.</param>
    /// <param name="isWorkerFailure">The server says that the message comes from a worker, so it counts without the marker too.</param>
    /// <returns>Null when there is none.</returns>
    public static string? Find(string message, bool isWorkerFailure)
    {
        int at = message.IndexOf(Marker, StringComparison.Ordinal);
        if (at < 0 && !isWorkerFailure) return null;
        if (at < 0)
        {
            at = message.IndexOf(Prefix, StringComparison.Ordinal);
            at = at < 0 ? 0 : at + Prefix.Length;
        }

        string text = message[at..];
        Match frames = JvmFrames().Match(text);
        if (frames.Success) text = text[..frames.Index];
        return Tail().Replace(text, "").TrimEnd();
    }

    [GeneratedRegex(@"\r?\n\s*at (org\.apache\.spark|java|scala)[\w.$/]*\.")]
    private static partial Regex JvmFrames();

    [GeneratedRegex(@"\s*SQLSTATE: \w{5}\s*$")]
    private static partial Regex Tail();
}
