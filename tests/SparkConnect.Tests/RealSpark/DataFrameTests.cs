using Apache.Arrow;
using Xunit;
using static MetaSpore.Spark.SparkConnect.Functions;

namespace MetaSpore.Spark.SparkConnect.Tests.RealSpark;

/// <summary>The DataFrame API against the newest version.</summary>
[Collection(SparkServers.Name)]
public sealed class DataFrameTests43(Spark43 server) : DataFrameTests(server);

/// <summary>The DataFrame API against the oldest version.</summary>
[Collection(SparkServers.Name)]
public sealed class DataFrameTests35(Spark35 server) : DataFrameTests(server);

public abstract class DataFrameTests(SparkServer server)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    public sealed record Click(long Id, string? Word, double Score, int[] Slots);

    public sealed record Pair(long Id, string Word);

    static readonly Click[] s_clicks =
    [
        new(1, "ä", 0.5, [1, 2]), new(2, null, -1.5, []), new(3, "c", double.NaN, [7]), new(4, "ä", 2.25, [4, 5, 6]),
    ];

    [Fact]
    public async Task Session_Always_SaysTheServersVersion()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        Assert.Equal(server.Version, spark.Version);
        Assert.Equal(Version.Parse(server.Version[..3]), spark.MajorMinor);
    }

    [Fact]
    public async Task Range_Collected_HasItsNumbers()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        IReadOnlyList<Row> rows = await spark.Range(3, 30, 10, 2).CollectAsync(Token);
        Assert.Equal([3L, 13L, 23L], rows.Select(row => row.Get<long>("id")));
        Assert.Equal(1000, await spark.Range(1000).CountAsync(Token));
    }

    [Fact]
    public async Task CollectArrow_OfSeveralPartitions_StreamsAllRowsInOrder()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        List<long> ids = [];
        await foreach (RecordBatch batch in spark.Range(0, 100_000, 1, 5).CollectArrowAsync(cancellationToken: Token))
            using (batch) ids.AddRange(((Int64Array)batch.Column(0)).Values.ToArray());
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (long)i), ids);
    }

    [Fact]
    public async Task CreateDataFrame_OfRecords_ComesBackAsTheSameRecords()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        DataFrame frame = spark.CreateDataFrame(s_clicks);
        Assert.Equal("Id BIGINT NOT NULL,Word STRING,Score DOUBLE NOT NULL,Slots ARRAY<INT>", (await frame.SchemaAsync(Token)).ToDdl());
        IReadOnlyList<Click> back = await frame.CollectAsync<Click>(Token);
        Assert.Equal(s_clicks.Select(click => click with { Slots = [] }), back.Select(click => click with { Slots = [] }), ClickEquality);
        Assert.Equal(s_clicks.Select(click => click.Slots), back.Select(click => click.Slots));
    }

    static bool ClickEquality(Click one, Click other) => (one.Id, one.Word, one.Score).Equals((other.Id, other.Word, other.Score));

    [Fact]
    public async Task CreateDataFrame_AboveTheThreshold_IsSentOnceAndRead()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        Pair[] pairs = [.. Enumerable.Range(0, 60_000).Select(i => new Pair(i, $"a rather long word with the number {i}"))];
        DataFrame frame = spark.CreateDataFrame(pairs);
        Assert.Equal(60_000, await frame.CountAsync(Token));
        Assert.Equal(pairs, await frame.OrderBy("Id").CollectAsync<Pair>(Token));
    }

    [Fact]
    public async Task Sql_CommandAndQuery_GiveRows()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        await spark.Range(5).WithColumn("square", Col("id") * Col("id")).CreateOrReplaceTempViewAsync("squares", Token);
        DataFrame query = await spark.SqlAsync("SELECT max(square) AS m FROM squares WHERE id < :top", new Dictionary<string, object?> { ["top"] = 4 }, Token);
        Assert.Equal(9L, (await query.HeadAsync(Token))!.Get<long>("m"));
        DataFrame command = await spark.SqlAsync("SET spark.msworker.x=7", cancellationToken: Token);
        Assert.Equal("7", (await command.HeadAsync(Token))!.Get<string>("value"));
        Assert.Equal("7", await spark.Conf.GetAsync("spark.msworker.x", Token));
    }

    [Fact]
    public async Task Show_Always_PrintsAsSpark()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        string shown = await spark.CreateDataFrame(s_clicks).Select("Id", "Word", "Slots").ShowStringAsync(2, cancellationToken: Token);
        Assert.Equal("""
            +---+----+------+
            | Id|Word| Slots|
            +---+----+------+
            |  1|   ä|[1, 2]|
            |  2|NULL|    []|
            +---+----+------+
            only showing top 2 rows
            """, shown.TrimEnd());
        Assert.Contains("-RECORD 0", await spark.Range(1).ShowStringAsync(vertical: true, cancellationToken: Token), StringComparison.Ordinal);
    }
}
