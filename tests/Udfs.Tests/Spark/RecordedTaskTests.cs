using System.Net;
using System.Net.Sockets;
using System.Text;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Spark;
using MetaSpore.Spark.Udfs.Tests.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>Recorded tasks of all versions of Spark, sent to a real daemon in this process.</summary>
public sealed class RecordedTaskTests
{
    static readonly SparkWorkerOptions s_options = new() { TagPrefix = "ms1" };

    public static TheoryData<string, string> Tasks => Capture.Tasks();

    [Theory]
    [Trait("Category", Golden.Category)]
    [MemberData(nameof(Tasks))]
    public async Task Daemon_RecordedTask_AnswersAsRecorded(string version, string name)
    {
        Capture capture = Capture.Of(version, name);
        int times = capture.Spark is "4.2" or "4.3" ? 6 : 5;
        using MemoryStream recorded = new(capture.Answered);
        Reply expected = Reply.Read(recorded, times);
        Assert.Equal(recorded.Length, recorded.Position);
        using TempFolder folder = new();
        using FakeBarrier? barrier = StartBarrier(capture, folder, out byte[] sent);

        await using FakeSpark spark = new(RecordedTask.Create, s_options);
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync(sent);
        Reply reply = Reply.Read(connection, times);

        if (barrier is not null) await barrier.Played.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(expected.Schema, reply.Schema);
        Assert.Equal(expected.Rows, reply.Rows);
        Assert.Equal(expected.Tail, reply.Tail);
        Assert.Equal(expected.Error is null, reply.Error is null);
        if (reply.Error is null) return;
        Assert.StartsWith(
            "{\"metaspore\":1,\"rank\":0,\"type\":\"System.InvalidOperationException\",\"kind\":\"failure\"}\ngolden failure\n", reply.Error, StringComparison.Ordinal);
        Assert.Contains(nameof(RecordedTask), reply.Error, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", Golden.Category)]
    [InlineData("3.5.9")]
    [InlineData("4.0.5")]
    [InlineData("4.1.4")]
    [InlineData("4.2.1")]
    [InlineData("4.3.0")]
    public async Task Daemon_SeveralTasksOnOneConnection_ServesAll(string version)
    {
        await using FakeSpark spark = new(RecordedTask.Create, s_options);
        using NetworkStream connection = spark.Connect();
        foreach (string name in (string[])["plain-task", "empty-task", "types-task", "plain-task"])
        {
            Capture capture = Capture.Of(version, name);
            int times = capture.Spark is "4.2" or "4.3" ? 6 : 5;
            await connection.WriteAsync(capture.Sent);
            Reply reply = Reply.Read(connection, times);
            Assert.Equivalent(Reply.Read(new MemoryStream(capture.Answered), times), reply, strict: true);
        }
    }

    // The port (or path) of the recorded barrier is replaced by that of the fake one, which has the same length.
    static FakeBarrier? StartBarrier(Capture capture, TempFolder folder, out byte[] sent)
    {
        sent = capture.Sent;
        if (!capture.Name.Contains("barrier", StringComparison.Ordinal)) return null;
        using MemoryStream stream = new(sent);
        BarrierAddress recorded = new TaskHeaderReader("ms1").Read(new WireReader(stream))!.Facts.Barrier!.Value;
        bool isBinary = capture.Fields("barrier port").Any();
        var messages = FakeBarrier.Messages(
            capture.Lines(recorded.Path is null ? "barrier-socket.log" : "uds-barrier-socket.log"), capture.Name.EndsWith("rank1", StringComparison.Ordinal) ? 1 : 0);
        if (recorded.Path is { } path)
        {
            string other = Path.Combine("/tmp", Guid.NewGuid().ToString("N").PadRight(path.Length - 5, 's'));
            FakeBarrier unix = new(new UnixDomainSocketEndPoint(other), messages);
            sent = Replace(sent, Encoding.UTF8.GetBytes(path), Encoding.UTF8.GetBytes(other));
            return unix;
        }

        FakeBarrier barrier = new(new IPEndPoint(IPAddress.Loopback, 0), messages);
        sent = isBinary
            ? Replace(sent, FakeSpark.Int32(recorded.Port), FakeSpark.Int32(barrier.Port))
            : Replace(sent, Encoding.UTF8.GetBytes($"\"connInfo\":{recorded.Port}"), Encoding.UTF8.GetBytes($"\"connInfo\":{barrier.Port}"));
        return barrier;
    }

    static byte[] Replace(byte[] bytes, byte[] what, byte[] by)
    {
        Assert.Equal(what.Length, by.Length);
        byte[] copy = [.. bytes];
        by.CopyTo(copy, bytes.AsSpan().IndexOf(what));
        return copy;
    }
}
