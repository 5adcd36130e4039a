using System.Net;
using System.Text.Json;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>An answer of WebHDFS that is no success.</summary>
/// <param name="Status">Status of HTTP.</param>
/// <param name="Exception">Name of the Java exception; empty when the answer has none.</param>
/// <param name="Message">Its first line.</param>
sealed record WebHdfsFault(HttpStatusCode Status, string Exception, string Message)
{
    const int MaxBytes = 1 << 16;

    /// <summary>Whether the file is missing.</summary>
    public bool IsMissing => Status == HttpStatusCode.NotFound && Exception is "FileNotFoundException" or "";

    /// <summary>Whether it may pass: the server is overloaded, starts, or another one is active.</summary>
    public bool MayPass => (int)Status >= 500 || Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        || Exception is "StandbyException" or "RetriableException" or "SafeModeException";

    /// <summary>The answer in words.</summary>
    public override string ToString() => Exception.Length == 0 ? $"{(int)Status}" : $"{(int)Status} {Exception}: {Message}";

    /// <summary>Reads an answer.</summary>
    public static async Task<WebHdfsFault> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > MaxBytes) return new WebHdfsFault(response.StatusCode, "", "");
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement remote = document.RootElement.GetProperty("RemoteException");
            string message = remote.GetProperty("message").GetString() ?? "";
            return new WebHdfsFault(response.StatusCode, remote.GetProperty("exception").GetString() ?? "", message.Split('\n')[0].Trim().TrimEnd('.'));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new WebHdfsFault(response.StatusCode, "", "");
        }
    }
}
