using System.Net.Sockets;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Spark;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>What tasks read, write and throw.</summary>
public sealed class TaskTests
{
    static readonly SparkTaskFactory s_identity = FunctionTask.Of(FunctionTask.Identity);

    [Fact]
    public async Task Context_OfATask_SaysWhatSparkSent()
    {
        SparkTaskContext? seen = null;
        Reply reply = await RunAsync(FunctionTask.Doing(context => seen = context), new TaskBytes { Partition = 2, Command = "any" });

        Assert.Equal("-1 0 -4", reply.Tail);
        Assert.NotNull(seen);
        Assert.Equal((2, 3, 0, 42L, 1), (seen.PartitionId, seen.StageId, seen.AttemptNumber, seen.TaskAttemptId, seen.Cpus));
        Assert.Equal(["0", "1"], seen.Resources["gpu"]);
        Assert.Equal(("/files", "4.3", "Europe/Berlin", false), (seen.FilesDirectory, seen.SparkVersion, seen.TimeZone, seen.IsBarrier));
        Assert.Equal(["127.0.0.1:7"], seen.Addresses);
    }

    [Fact]
    public async Task Input_OfManyBatchesWithLargeAndCompressedColumns_ComesBack()
    {
        RecordBatch Batch(int from) => new(
            new Schema([new Field("text", LargeStringType.Default, true), new Field("bytes", LargeBinaryType.Default, true)], null),
            [
                new LargeStringArray.Builder().Append($"a{from}").AppendNull().Append(new string('x', 5000)).Build(),
                new LargeBinaryArray.Builder().Append([1, 2, (byte)from]).Append([]).AppendNull().Build(),
            ],
            3);
        TaskBytes task = new() { Batches = [.. Enumerable.Range(0, 40).Select(Batch)] };
        var zstd = new IpcOptions { CompressionCodec = CompressionCodecType.Zstd, CompressionCodecFactory = new CompressionCodecFactory() };

        Reply plain = await RunAsync(s_identity, task);
        Reply compressed = await RunAsync(s_identity, task with { Ipc = zstd });

        Assert.Equal(120, plain.Rows.Count);
        Assert.Equal("{'a7', 010207}", plain.Rows[21]);
        Assert.Equal("{null, }", plain.Rows[22]);
        Assert.Equal(plain.Rows, compressed.Rows);
    }

    [Fact]
    public async Task Input_LeftUnread_IsSkippedAndTheConnectionServesOn()
    {
        byte[] task = new TaskBytes { Batches = [.. Enumerable.Range(0, 50).Select(i => TaskBytes.Numbers(i, 5000))] }.ToArray();
        await using FakeSpark spark = new(FunctionTask.Doing(_ => { }));
        using NetworkStream connection = spark.Connect();
        for (int i = 0; i < 3; i++)
        {
            await connection.WriteAsync(task);
            Assert.Equal("-1 0 -4", Reply.Read(connection, 6).Tail);
        }
    }

    [Fact]
    public async Task Connection_WithoutTheEndMark_IsNotUsedAgain()
    {
        await using FakeSpark spark = new(s_identity);
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync(new TaskBytes { End = 17 }.ToArray());
        Assert.Equal("-1 0 -1", Reply.Read(connection, 6).Tail);
        Assert.Equal(-1, connection.ReadByte());
    }

    [Fact]
    public async Task Failure_OfInput_IsMarkedAndItsMessageComesFirst()
    {
        Reply reply = await RunAsync(
            FunctionTask.Doing(_ => throw new BadInputException("the column \"clicked\" is absent", new IOException("disk"))), new TaskBytes { Partition = 4 });
        Assert.StartsWith(
            "{\"metaspore\":1,\"rank\":4,\"type\":\"MetaSpore.Spark.Model.Errors.BadInputException\",\"kind\":\"input\"}\n"
            + "the column \"clicked\" is absent\ncaused by System.IO.IOException: disk\n   at ",
            reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_WithALongMessage_KeepsTheStackInSight()
    {
        Reply reply = await RunAsync(FunctionTask.Doing(_ => throw new AggregateException(new InvalidDataException(new string('m', 100_000)))), new TaskBytes());
        Assert.Contains("\"type\":\"System.IO.InvalidDataException\"", reply.Error, StringComparison.Ordinal);
        Assert.Contains("m… (98800 more characters)", reply.Error, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(reply.Error!), 1200, 13_000);
    }

    [Theory]
    [InlineData("uint64", "the output column \"value\" is uint64; Spark does not accept uint64: write a signed integer")]
    [InlineData("ns", "the output column \"value\" is timestamp[Nanosecond, UTC]; Spark does not accept timestamp[Nanosecond, UTC]: write microseconds")]
    [InlineData("nested", "the output column \"value\" is list<item: halffloat>; Spark does not accept halffloat: write float")]
    public async Task Output_OfATypeThatSparkRefuses_NamesTheColumn(string kind, string expected)
    {
        IArrowArray column = kind switch
        {
            "uint64" => new UInt64Array.Builder().Append(1).Build(),
            "ns" => new TimestampArray.Builder(new TimestampType(TimeUnit.Nanosecond, "UTC")).Append(DateTimeOffset.UnixEpoch).Build(),
            _ => new ListArray.Builder(HalfFloatType.Default).AppendNull().Build(),
        };
        RecordBatch batch = new(new Schema([new Field("value", column.Data.DataType, true)], null), [column], 1);

        Reply reply = await RunAsync(FunctionTask.Of((_, _) => [batch]), new TaskBytes());

        Assert.Equal(expected, reply.Error!.Split('\n')[1]);
    }

    [Fact]
    public async Task Output_ThatChangesItsColumns_FailsAfterTheFirstBatch()
    {
        RecordBatch other = new(
            new Schema([new Field("id", Int32Type.Default, false)], null), [new Int32Array.Builder().Append(1).Build()], 1);

        Reply reply = await RunAsync(FunctionTask.Of((_, _) => [TaskBytes.Numbers(0, 2), TaskBytes.Numbers(2, 1), other]), new TaskBytes());

        Assert.Equal(["{0}", "{1}", "{2}"], reply.Rows);
        Assert.Equal(
            "an output batch has the columns struct<id: int32> after batches of struct<id: int64>: all batches of a task need the same columns",
            reply.Error!.Split('\n')[1]);
    }

    [Fact]
    public async Task Output_WithoutColumns_IsRefused()
    {
        Reply reply = await RunAsync(FunctionTask.Of((_, _) => [new RecordBatch(new Schema([], null), [], 7)]), new TaskBytes());
        Assert.Equal("an output batch has 7 rows but no column: yield at least one column", reply.Error!.Split('\n')[1]);
    }

    [Fact]
    public async Task Output_OfBatchesWithoutRows_IsNotSent()
    {
        Reply reply = await RunAsync(FunctionTask.Of((_, _) => [TaskBytes.Numbers(0, 0)]), new TaskBytes());
        Assert.Equal(("", "-1 0 -4"), (reply.Schema, reply.Tail));
    }

    static async Task<Reply> RunAsync(SparkTaskFactory tasks, TaskBytes task)
    {
        await using FakeSpark spark = new(tasks);
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync(task.ToArray());
        return Reply.Read(connection, 6);
    }
}
