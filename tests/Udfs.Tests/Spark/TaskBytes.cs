using System.Text;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>What Spark 4.3 sends for a task, with whatever a test wants to be different.</summary>
sealed record TaskBytes
{
    public string Tag { get; init; } = "ms1;spark=4.3";

    public string Command { get; init; } = "";

    public int EvalType { get; init; } = 207;

    public int Partition { get; init; }

    /// <summary>Port of the barrier's socket.</summary>
    public int? Barrier { get; init; }

    public int Tasks { get; init; } = 1;

    public IReadOnlyList<RecordBatch> Batches { get; init; } = [Numbers(0, 5)];

    public IpcOptions? Ipc { get; init; }

    public int End { get; init; } = -4;

    /// <summary>A batch of one column <c>id</c>.</summary>
    public static RecordBatch Numbers(long from, int count) => new(
        new Schema([new Field("id", Int64Type.Default, false)], null),
        [new Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(i => from + i)).Build()],
        count);

    public byte[] ToArray() => [.. Header(), .. Arrow(), .. FakeSpark.Int32(End)];

    /// <summary>The framed header.</summary>
    public byte[] Header()
    {
        string context = JsonSerializer.Serialize(new
        {
            isBarrier = Barrier is not null,
            connInfo = Barrier ?? -1,
            secret = FakeSpark.Secret,
            stageId = 3,
            partitionId = Partition,
            attemptNumber = 0,
            taskAttemptId = 40 + Partition,
            cpus = 1,
            cpuAmount = "1",
            resources = new { gpu = new { name = "gpu", addresses = (string[])["0", "1"] } },
            localProperties = new { addresses = string.Join(',', Enumerable.Repeat("127.0.0.1:7", Tasks)) },
        });
        byte[] frame =
        [
            .. FakeSpark.Int32(Partition), .. FakeSpark.Utf(Tag), .. FakeSpark.Utf(context), .. FakeSpark.Utf("/files"), .. FakeSpark.Int32(0),
            0, .. FakeSpark.Int32(0), .. FakeSpark.Int32(EvalType),
            .. FakeSpark.Int32(1), .. FakeSpark.Utf("spark.sql.session.timeZone"), .. FakeSpark.Utf("Europe/Berlin"), .. FakeSpark.Int32(0),
            .. FakeSpark.Int32(1), .. FakeSpark.Int32(1), .. FakeSpark.Int32(0), 0, .. FakeSpark.Int32(1), .. FakeSpark.Utf(Command), .. new byte[8],
        ];
        return [.. FakeSpark.Int32(-8), .. FakeSpark.Int32(frame.Length), .. frame];
    }

    /// <summary>The rows, in the one nullable struct column that Spark sends.</summary>
    public byte[] Arrow()
    {
        var rows = new StructType(Batches[0].Schema.FieldsList);
        var schema = new Schema([new Field("struct", rows, true)], null);
        using MemoryStream stream = new();
        using ArrowStreamWriter writer = new(stream, schema, leaveOpen: true, Ipc ?? new IpcOptions());
        writer.WriteStart();
        foreach (RecordBatch batch in Batches)
            writer.WriteRecordBatch(new RecordBatch(schema, [new StructArray(rows, batch.Length, batch.Arrays, ArrowBuffer.Empty)], batch.Length));
        writer.WriteEnd();
        return stream.ToArray();
    }
}
