using System.Text;
using System.Text.Json;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Spark;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

public sealed class TaskHeaderReaderTests
{
    public static TheoryData<string, string> Tasks => Capture.Tasks();

    [Theory]
    [Trait("Category", Golden.Category)]
    [MemberData(nameof(Tasks))]
    public void Read_RecordedTask_GivesEveryFieldAndStopsAtTheRows(string version, string name)
    {
        Capture capture = Capture.Of(version, name);
        using MemoryStream bytes = new(capture.Sent);

        TaskHeader header = new TaskHeaderReader("ms1").Read(new WireReader(bytes))!;

        Assert.Equal(capture.ArrowOffset, bytes.Position);
        Assert.Equal(capture.Spark, header.Layout.Version);
        Assert.Equal(capture.Text("spark files dir"), header.FilesDirectory);
        Assert.Equal(capture.Number("eval type"), header.EvalType);
        Assert.Equal(capture.Map("conf"), header.RunnerConf);
        Assert.Equal(capture.Text("command"), Encoding.UTF8.GetString(header.Command));
        if (capture.Fields("task context").Any()) CompareWithJson(JsonDocument.Parse(capture.Text("task context")).RootElement, header.Facts);
        else CompareWithFields(capture, header.Facts);
    }

    [Theory]
    [Trait("Category", Golden.Category)]
    [MemberData(nameof(Tasks))]
    public void Read_HeaderCutAnywhere_SaysSo(string version, string name)
    {
        Capture capture = Capture.Of(version, name);
        for (int length = 1; length < capture.ArrowOffset; length += 7)
        {
            using MemoryStream bytes = new(capture.Sent, 0, length);
            SparkProtocolException error = Assert.Throws<SparkProtocolException>(() => new TaskHeaderReader("ms1").Read(new WireReader(bytes)));
            Assert.StartsWith("the connection ended within Spark's ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_ClosedWhileIdle_GivesNothing() => Assert.Null(new TaskHeaderReader("ms1").Read(new WireReader(Stream.Null)));

    static void CompareWithFields(Capture capture, TaskFacts facts)
    {
        Assert.Equal(capture.Number("stageId"), facts.StageId);
        Assert.Equal(capture.Number("partitionId"), facts.PartitionId);
        Assert.Equal(capture.Number("attemptNumber"), facts.AttemptNumber);
        Assert.Equal(capture.Number("taskAttemptId"), facts.TaskAttemptId);
        Assert.Equal(capture.Number("cpus"), facts.Cpus);
        Assert.Equal(capture.Map("property"), facts.LocalProperties);
        Assert.Empty(facts.Resources);
        bool isBarrier = capture.Fields("isBarrier").First().Value.GetBoolean();
        Assert.Equal(isBarrier, facts.Barrier is not null);
        if (facts.Barrier is not { } barrier) return;
        long port = capture.Number("barrier port");
        Assert.Equal(port == -1
            ? new BarrierAddress(0, null, capture.Text("barrier UDS path"))
            : new BarrierAddress((int)port, capture.Text("barrier secret"), null), barrier);
    }

    static void CompareWithJson(JsonElement json, TaskFacts facts)
    {
        Assert.Equal(json.GetProperty("stageId").GetInt32(), facts.StageId);
        Assert.Equal(json.GetProperty("partitionId").GetInt32(), facts.PartitionId);
        Assert.Equal(json.GetProperty("attemptNumber").GetInt32(), facts.AttemptNumber);
        Assert.Equal(json.GetProperty("taskAttemptId").GetInt64(), facts.TaskAttemptId);
        Assert.Equal(json.GetProperty("cpus").GetInt32(), facts.Cpus);
        Assert.Equal(
            json.GetProperty("localProperties").EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!),
            facts.LocalProperties);
        bool isBarrier = json.GetProperty("isBarrier").GetBoolean();
        Assert.Equal(isBarrier, facts.Barrier is not null);
        if (facts.Barrier is not { } barrier) return;
        JsonElement connection = json.GetProperty("connInfo");
        Assert.Equal(connection.ValueKind == JsonValueKind.String
            ? new BarrierAddress(0, null, connection.GetString())
            : new BarrierAddress(connection.GetInt32(), json.GetProperty("secret").GetString(), null), barrier);
    }
}
