using System.Text.Json;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Tells what is behind the failure of a Spark job: bad input, a loss after which training can go on, or a fault.</summary>
static class SparkFailure
{
    // What a worker says when a shard or another worker is gone, not what is wrong by itself.
    static readonly string[] s_losses = ["IOException", "ShardUnreachableException", "FencedException", "ShardException", "SocketException", "EndOfStreamException", "RpcException"];

    static readonly string[] s_lossTexts =
    [
        "ExecutorLostFailure", "exited unexpectedly", "Connection reset", "Stream closed", "Broken pipe", "FetchFailed", "executor lost",
        "Executor heartbeat timed out", "worker lost", "decommission", "Python worker process terminated",
    ];

    /// <summary>The exception that the job's caller should see.</summary>
    public static Exception Explain(SparkException error)
    {
        if (error.ServerClass?.EndsWith("BarrierJobSlotsNumberCheckFailed", StringComparison.Ordinal) == true)
        {
            return new BadInputException(
                "Spark has not enough free slots to run all workers (or shards) at once. Give it more executors or cores, or train with fewer workers and servers. " +
                "Slots are executors x (spark.executor.cores / spark.task.cpus).", error);
        }

        if (error.Message.Contains("SPARK-24942", StringComparison.Ordinal) || error.Message.Contains("dynamic resource allocation", StringComparison.OrdinalIgnoreCase))
            return new BadInputException("Training needs all its executors at once, which dynamic allocation does not promise. Start Spark with --conf spark.dynamicAllocation.enabled=false.", error);
        if (error.Message.Contains("Cannot run program", StringComparison.Ordinal))
        {
            return new BadInputException(
                $"Executors can't start the worker program: {FirstLine(error.Message, "Cannot run program")}. Check the path of the worker, or that its archive reached the executors.", error);
        }

        if (error.WorkerMessage is { } text && ReadMarker(text) is { } marker) return OfWorker(error, marker, text);
        return Array.Exists(s_lossTexts, known => error.Message.Contains(known, StringComparison.OrdinalIgnoreCase))
            ? new ProcessLostException($"Spark lost a process of the job: {Short(error.Message)}", error)
            : error;
    }

    static Exception OfWorker(SparkException error, Marker marker, string text)
    {
        string message = Message(text);
        if (marker.Kind == "input") return new BadInputException(message, error);
        return Array.Exists(s_losses, known => marker.Type.EndsWith(known, StringComparison.Ordinal)) || marker.Kind == "cancelled"
            ? new ProcessLostException($"Worker {marker.Rank} lost its way to another process: {message}", error)
            : new InvalidOperationException($"Worker {marker.Rank} failed: {marker.Type}: {message}", error);
    }

    static Marker? ReadMarker(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Marker>(text[..LineEnd(text)], s_json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The lines between the marker and the stack trace.
    static string Message(string text)
    {
        string rest = text[LineEnd(text)..].TrimStart('\n');
        int trace = rest.IndexOf("\n   at ", StringComparison.Ordinal);
        return (trace < 0 ? rest : rest[..trace]).Trim();
    }

    static int LineEnd(string text) => text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var end ? end : text.Length;

    static string FirstLine(string text, string from)
    {
        string rest = text[text.IndexOf(from, StringComparison.Ordinal)..];
        return rest[..LineEnd(rest)].TrimEnd('.');
    }

    static string Short(string text)
    {
        string[] lines = [.. text.Split('\n').Take(6)];
        return string.Join('\n', lines);
    }

    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    sealed record Marker(int Rank, string Type, string Kind);
}
