using System.Text.Json;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The task's facts in the JSON form that Spark writes since 4.2.</summary>
static class TaskContextJson
{
    /// <exception cref="SparkProtocolException">The text is not the expected JSON.</exception>
    public static TaskFacts Parse(byte[] utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The text holds the barrier's secret and the session's configuration: it is never shown.
            throw new SparkProtocolException($"Spark's task context can't be read: {e.Message}", e);
        }
    }

    static TaskFacts Read(JsonElement root) => new()
    {
        Barrier = root.GetProperty("isBarrier").GetBoolean() ? ReadBarrier(root) : null,
        StageId = root.GetProperty("stageId").GetInt32(),
        PartitionId = root.GetProperty("partitionId").GetInt32(),
        AttemptNumber = root.GetProperty("attemptNumber").GetInt32(),
        TaskAttemptId = root.GetProperty("taskAttemptId").GetInt64(),
        Cpus = root.GetProperty("cpus").GetInt32(),
        Resources = root.GetProperty("resources").EnumerateObject().ToDictionary(
            resource => resource.Name,
            IReadOnlyList<string> (resource) => [.. resource.Value.GetProperty("addresses").EnumerateArray().Select(address => address.GetString()!)]),
        LocalProperties = root.GetProperty("localProperties").EnumerateObject().ToDictionary(
            property => property.Name, property => property.Value.GetString() ?? ""),
    };

    static BarrierAddress ReadBarrier(JsonElement root)
    {
        JsonElement connection = root.GetProperty("connInfo");
        return connection.ValueKind == JsonValueKind.String
            ? new BarrierAddress(0, null, connection.GetString())
            : new BarrierAddress(connection.GetInt32(), root.GetProperty("secret").GetString(), null);
    }
}
