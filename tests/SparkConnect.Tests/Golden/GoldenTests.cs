using Apache.Arrow;
using MetaSpore.Spark.SparkConnect.Protocol;
using MetaSpore.Spark.SparkConnect.Tests.Fakes;
using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.Golden;

/// <summary>Our requests equal those recorded with real servers of each version, and their answers are understood.</summary>
[Trait("Category", Testing.Golden.Category)]
public sealed class GoldenTests
{
    const string Python = "spark.sql.execution.pyspark.python";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Versions() => GoldenConversation.Versions();

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task VersionConfigAndSchema_Always_EqualTheRecording(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        Assert.Equal(version, spark.Version);
        await spark.Conf.SetAsync([new(Python, "/tmp/s/msworker"), new("spark.sql.session.timeZone", "UTC")], Token);
        IReadOnlyDictionary<string, string?> read = await spark.Conf.GetOptionAsync([Python, "spark.sql.execution.arrow.maxRecordsPerBatch", "spark.no.such.key"], Token);
        Assert.Equal(["/tmp/s/msworker", "10000", null], read.Values);
        Assert.Equal("id BIGINT", (await Identity(spark).SchemaAsync(Token)).ToDdl());
        Assert.Superset(new HashSet<string> { "01-AnalyzePlan", "02-Config", "03-Config", "05-AnalyzePlan" }, golden.Made);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task AddArtifact_OfOneChunk_EqualsTheRecording(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        AddArtifactsRequest.Types.SingleChunkArtifact recorded = ((AddArtifactsRequest)golden.Request("04-AddArtifacts")).Batch.Artifacts[0];
        using MemoryStream content = new(recorded.Data.Data.ToByteArray());
        await spark.AddArtifactAsync(recorded.Name, content, Token);
        Assert.Contains("04-AddArtifacts", golden.Made);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task Collect_OfMapInArrow_GivesTheRecordedRows(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        Assert.Equal([0L, 1, 2, 3, 4], await Ids(Identity(spark)));
        Assert.Contains("06-ExecutePlan", golden.Made);
        Assert.Contains(golden.Script.Of<ReleaseExecuteRequest>(), release => release.ReleaseAll is not null);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task Collect_StreamEndsEarly_ReattachesAsRecorded(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        golden.CutFirstStreamAfter = 1;
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        Assert.Equal([0L, 1, 2, 3, 4], await Ids(Identity(spark)));
        Assert.Contains("07-ReattachExecute", golden.Made);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task Barrier_CollectedAndWritten_EqualsTheRecording(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        DataFrame barrier = Map(spark.Range(0, 2, 1, 2), "{\"op\": \"gold_barrier\"}", "struct<rank: int, info: string>", barrier: true);
        Assert.Equal([0, 1], (await barrier.CollectAsync(Token)).Select(row => row.Get<int>("rank")));
        await barrier.Write.NoopAsync(Token);
        Assert.Superset(new HashSet<string> { "10-ExecutePlan", "12-ExecutePlan" }, golden.Made);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task Collect_WorkerFails_CarriesItsTextAlone(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        DataFrame failing = Map(spark.Range(0, 5, 1, 1), "{\"op\": \"raise_mid\", \"text\": \"golden failure\"}", "struct<id:bigint>");
        SparkException error = await Assert.ThrowsAsync<SparkException>(() => failing.CollectAsync(Token));
        Assert.Equal("{\"msworker\":1,\"rank\":0,\"type\":\"RuntimeError\"}\ngolden failure", error.WorkerMessage);
        Assert.Equal("org.apache.spark.api.python.PythonException", error.ServerClass);
        Assert.Equal(string.CompareOrdinal(version, "4.2") > 0 ? "PYTHON_EXCEPTION" : null, error.ErrorClass);
        Assert.Equal(string.CompareOrdinal(version, "4.2") > 0 ? "38000" : null, error.SqlState);
        Assert.Equal(version[0] == '3', !golden.Made.Contains("15-FetchErrorDetails"));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task Collect_InterruptedByAnother_SaysOperationCanceled(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await using SparkSession spark = await server.ConnectAsync();
        DataFrame slow = Map(spark.Range(0, 2, 1, 2), "{\"op\": \"sleep\", \"seconds\": 40}", "struct<rank: int, info: string>");
        SparkException error = await Assert.ThrowsAsync<SparkException>(() => slow.CollectAsync(Token));
        Assert.Equal("OPERATION_CANCELED", error.ErrorClass);
        Assert.Equal(version[0] == '3' ? null : "HY008", error.SqlState);
        Assert.Null(error.WorkerMessage);
        Assert.Equal(["00000000-0000-4000-8000-00000000000e"], await spark.InterruptOperationAsync("00000000-0000-4000-8000-00000000000e", Token));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Versions))]
    public async Task Dispose_From40On_ReleasesTheSession(string version)
    {
        GoldenConversation golden = GoldenConversation.Of(version);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(golden.Script);
        await (await server.ConnectAsync()).DisposeAsync();
        Assert.Equal(version[0] != '3', golden.Made.Contains("18-ReleaseSession"));
    }

    static DataFrame Identity(SparkSession spark) => Map(spark.Range(0, 5, 1, 2), "{\"op\": \"identity\"}", "struct<id:bigint>");

    static DataFrame Map(DataFrame input, string command, string schema, bool barrier = false) =>
        input.MapInArrow(new ArrowFunction("msw", System.Text.Encoding.UTF8.GetBytes(command)), schema, ["id"], barrier);

    static async Task<IReadOnlyList<long>> Ids(DataFrame frame)
    {
        List<long> ids = [];
        await foreach (RecordBatch batch in frame.CollectArrowAsync(cancellationToken: Token))
            using (batch) ids.AddRange(((Int64Array)batch.Column(0)).Values.ToArray());
        return ids;
    }
}
