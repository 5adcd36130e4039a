using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// The text of a failed task: a line of JSON that the driver looks for, the message, the causes, the stack. Spark cuts texts at 2048
/// characters, so the message comes first and is kept short enough to be seen.
/// </summary>
static class TaskErrorText
{
    const int MaxMessage = 1200;
    const int MaxText = 12_000;
    const int MaxCauses = 5;

    static readonly JsonWriterOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="rank">Partition of the task; −1 when it is not known.</param>
    /// <param name="error">What the task threw.</param>
    /// <param name="isCancelled">Whether Spark gave the task up.</param>
    public static string Of(int rank, Exception error, bool isCancelled)
    {
        while (error is AggregateException { InnerExceptions: [{ } only] }) error = only;
        var message = new StringBuilder(error.Message);
        Exception? cause = error.InnerException;
        for (int i = 0; i < MaxCauses && cause is not null; i++, cause = cause.InnerException)
            message.Append(CultureInfo.InvariantCulture, $"\ncaused by {cause.GetType().FullName}: {cause.Message}");
        return Cut($"{Marker(rank, error, isCancelled)}\n{Cut(message.ToString(), MaxMessage)}\n{error.StackTrace}", MaxText).TrimEnd();
    }

    static string Marker(int rank, Exception error, bool isCancelled)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, s_compact))
        {
            json.WriteStartObject();
            json.WriteNumber("metaspore", 1);
            json.WriteNumber("rank", rank);
            json.WriteString("type", error.GetType().FullName);
            json.WriteString("kind", error is BadInputException ? "input" : isCancelled && error is OperationCanceledException ? "cancelled" : "failure");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length);
    }

    static string Cut(string text, int limit)
    {
        if (text.Length <= limit) return text;
        int kept = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, kept)}… ({text.Length - kept} more characters)");
    }
}
