using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>What the recorded worker did for the commands in the captures.</summary>
sealed class RecordedTask(JsonElement command) : ISparkTask
{
    public static ISparkTask Create(ReadOnlyMemory<byte> command) => new RecordedTask(JsonDocument.Parse(command).RootElement);

    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input) => command.GetProperty("op").GetString() switch
    {
        "identity" => Identity(input),
        "raise_mid" => Identity(input).Concat(Fail()),
        "gold_barrier" => Gather(context),
        var other => throw new InvalidOperationException(other),
    };

    static IEnumerable<RecordBatch> Identity(SparkTaskInput input)
    {
        while (input.Read() is { } batch)
        {
            yield return batch;
            batch.Dispose();
        }
    }

    static IEnumerable<RecordBatch> Gather(SparkTaskContext context)
    {
        context.Barrier!.Barrier(context.Cancellation);
        string[] all = context.Barrier.AllGather($"hello from {context.PartitionId}", context.Cancellation);
        string info = $"[[\"success\"], [{string.Join(", ", all.Select(text => $"\"{text}\""))}]]";
        yield return new RecordBatch(
            new Schema([new Field("rank", Int32Type.Default, true), new Field("info", StringType.Default, true)], null),
            [new Int32Array.Builder().Append(context.PartitionId).Build(), new StringArray.Builder().Append(info).Build()],
            1);
    }

    IEnumerable<RecordBatch> Fail()
    {
        yield return Rethrow(new InvalidOperationException(command.GetProperty("text").GetString()));
    }

    static RecordBatch Rethrow(Exception error) => throw error;
}
