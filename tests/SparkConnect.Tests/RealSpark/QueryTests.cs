using Xunit;
using static MetaSpore.Spark.SparkConnect.Functions;

namespace MetaSpore.Spark.SparkConnect.Tests.RealSpark;

/// <summary>Reading, writing, joining and failing against the newest version.</summary>
[Collection(SparkServers.Name)]
public sealed class QueryTests43(Spark43 server) : QueryTests(server);

/// <summary>Reading, writing, joining and failing against the oldest version.</summary>
[Collection(SparkServers.Name)]
public sealed class QueryTests35(Spark35 server) : QueryTests(server);

public abstract class QueryTests(SparkServer server) : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("metaspore-test-").FullName;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public sealed record User(long Id, string Name);

    public sealed record Visit(long Id, double Seconds);

    static readonly User[] s_users = [new(1, "ann"), new(2, "bob"), new(3, "cid")];

    static readonly Visit[] s_visits = [new(1, 2), new(1, 4), new(3, 5), new(9, 7)];

    [Theory]
    [InlineData("parquet")]
    [InlineData("orc")]
    [InlineData("json")]
    [InlineData("csv")]
    public async Task WriteAndRead_OfAFormat_GivesTheSameRows(string format)
    {
        await using SparkSession spark = await server.NewSessionAsync();
        string path = Path.Combine(_folder, format);
        await spark.CreateDataFrame(s_users).Write.Format(format).Option("header", true).SaveAsync(path, Token);
        DataFrame read = spark.Read.Format(format).Option("header", true).Schema("Id BIGINT, Name STRING").Load(path);
        Assert.Equal(s_users, await read.OrderBy("Id").CollectAsync<User>(Token));
    }

    [Fact]
    public async Task Write_ModesAndPartitions_AreFollowed()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        string path = Path.Combine(_folder, "parted");
        DataFrame users = spark.CreateDataFrame(s_users);
        await users.Write.PartitionBy("Name").ParquetAsync(path, Token);
        Assert.True(Directory.Exists(Path.Combine(path, "Name=bob")));
        AnalysisException error = await Assert.ThrowsAsync<AnalysisException>(() => users.Write.ParquetAsync(path, Token));
        Assert.Equal("PATH_ALREADY_EXISTS", error.ErrorClass);
        Assert.Equal(server.Version[0] == '3' ? null : "42K04", error.SqlState);
        await users.Write.Mode(SaveMode.Append).PartitionBy("Name").ParquetAsync(path, Token);
        Assert.Equal(6, await spark.Read.Parquet(path).CountAsync(Token));
        await users.Write.Mode(SaveMode.Overwrite).ParquetAsync(path, Token);
        Assert.Equal(3, await spark.Read.Parquet(path).CountAsync(Token));
        await users.Write.NoopAsync(Token);
    }

    [Fact]
    public async Task Join_OfEachKind_KeepsTheRightRows()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        DataFrame users = spark.CreateDataFrame(s_users);
        DataFrame visits = spark.CreateDataFrame(s_visits);
        DataFrame inner = users.Join(visits, "Id").OrderBy("Id", "Seconds");
        Assert.Equal(["Row(Id=1, Name=ann, Seconds=2)", "Row(Id=1, Name=ann, Seconds=4)", "Row(Id=3, Name=cid, Seconds=5)"],
            (await inner.CollectAsync(Token)).Select(row => row.ToString()));
        Assert.Equal(3, await users.Join(visits, users["Id"].EqualTo(visits["Id"])).CountAsync(Token));
        Assert.Equal(5, await users.Join(visits, ["Id"], JoinType.FullOuter).CountAsync(Token));
        Assert.Equal([2L], await users.Join(visits, ["Id"], JoinType.LeftAnti).Select("Id").CollectAsync<long>(Token));
        Assert.Equal(12, await users.CrossJoin(visits).CountAsync(Token));
    }

    [Fact]
    public async Task GroupBy_Aggregates_AreCorrect()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        DataFrame grouped = spark.CreateDataFrame(s_visits).GroupBy("Id").Agg(
            Count(Lit(1)).Alias("n"), Sum(Col("Seconds")).Alias("total"), Avg(Col("Seconds")).Alias("mean"), CountDistinct(Col("Seconds")).Alias("d"));
        Row first = (await grouped.OrderBy("Id").CollectAsync(Token))[0];
        Assert.Equal([1L, 2L, 6.0, 3.0, 2L], first);
        Assert.Equal(["Id", "sum(Seconds)"], await spark.CreateDataFrame(s_visits).GroupBy("Id").Sum("Seconds").ColumnsAsync(Token));
    }

    [Fact]
    public async Task RandomSplit_Always_IsAPartitionOfTheRows()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        IReadOnlyList<DataFrame> parts = spark.Range(0, 2000, 1, 4).RandomSplit([0.7, 0.2, 0.1], seed: 11);
        List<long> all = [];
        List<int> sizes = [];
        foreach (DataFrame part in parts)
        {
            IReadOnlyList<long> ids = await part.CollectAsync<long>(Token);
            all.AddRange(ids);
            sizes.Add(ids.Count);
        }

        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i), all.Order());
        Assert.InRange(sizes[0], 1300, 1500);
    }

    [Fact]
    public async Task SetOperationsAndNulls_Always_AreSparks()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        DataFrame a = spark.Range(0, 6);
        DataFrame b = spark.Range(4, 8);
        Assert.Equal(10, await a.Union(b).CountAsync(Token));
        Assert.Equal([4L, 5], await a.Intersect(b).OrderBy("id").CollectAsync<long>(Token));
        Assert.Equal([0L, 1, 2, 3], await a.Except(b).OrderBy("id").CollectAsync<long>(Token));
        DataFrame holes = a.Select(When(Col("id") > 3, Col("id")).Alias("v"));
        Assert.Equal(2, await holes.DropNa().CountAsync(Token));
        Assert.Equal([-1L, -1, -1, -1, 4, 5], await holes.FillNa(-1).CollectAsync<long>(Token));
        Assert.Equal(2, await a.Coalesce(1).Limit(2).CountAsync(Token));
        Assert.False(await a.IsEmptyAsync(Token));
        Assert.True(await a.Filter("id > 100").IsEmptyAsync(Token));
        Assert.Contains("Range (0, 6", await a.ExplainAsync(cancellationToken: Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Functions_OfEachFamily_Compute()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        Row row = (await spark.Range(1).Select(
            Concat(Lit("a"), Lit("b")), Upper(Lit("x")), Round(Lit(2.5)), Pow(Lit(2.0), 3.0), DateAdd(Lit(new DateOnly(2024, 2, 28)), 2), Year(Lit(new DateOnly(2024, 2, 28))),
            Size(Array(Lit(1), Lit(2))), Split(Lit("a,b"), ","), Hash(Lit(42)), XxHash64(Lit(42L)), Lit("hello").Substr(2, 3), Lit("hello").StartsWith("he"),
            Coalesce(Lit(null), Lit(7)), Lit(3).IsIn(1, 3), Lit(2).Between(1, 3), CallFunction("sha2", Lit("x"), Lit(256)), Struct(Lit(1).Alias("k")).GetField("k"), SparkPartitionId()).CollectAsync(Token))[0];
        Assert.Equal("ab", row[0]);
        Assert.Equal("X", row[1]);
        Assert.Equal(3.0, row[2]);
        Assert.Equal(8.0, row[3]);
        Assert.Equal(new DateOnly(2024, 3, 1), row[4]);
        Assert.Equal(2024, row[5]);
        Assert.Equal(2, row[6]);
        Assert.Equal(["a", "b"], row.Get<string[]>(7)!);
        Assert.Equal(29417773, row[8]);
        Assert.IsType<long>(row[9]);
        Assert.Equal("ell", row[10]);
        Assert.Equal([true, 7, true, true], row.Skip(11).Take(4));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("x"u8)), row[15]);
        Assert.Equal(1, row[16]);
        Assert.InRange(row.Get<int>(17), 0, 3);
    }

    [Fact]
    public async Task Values_OfEachType_ComeBackAsTheirNetTypes()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        await spark.Conf.SetAsync("spark.sql.session.timeZone", "Asia/Tokyo", Token);
        Row row = (await (await spark.SqlAsync("""
            SELECT CAST(1 AS TINYINT), CAST(2 AS SMALLINT), 3, 4L, CAST(1.5 AS FLOAT), 2.5D, 1.25BD, TRUE, 'é', X'01FF', DATE'2024-02-29',
              TIMESTAMP'2024-01-02 03:04:05.678901+00:00', TIMESTAMP_NTZ'2024-01-02 03:04:05', map('k', 1), array(1, NULL), named_struct('x', 1, 'y', 'z'),
              INTERVAL '1 02:03:04' DAY TO SECOND, INTERVAL '1-2' YEAR TO MONTH, NULL
            """, cancellationToken: Token)).CollectAsync(Token))[0];
        Assert.Equal([(sbyte)1, (short)2, 3, 4L, 1.5f, 2.5, 1.25m, true, "é"], row.Take(9));
        Assert.Equal(new byte[] { 1, 255 }, row[9]);
        Assert.Equal(new DateOnly(2024, 2, 29), row[10]);
        Assert.Equal(new DateTimeOffset(2024, 1, 2, 3, 4, 5, 678, 901, TimeSpan.Zero), row[11]);
        Assert.Equal(new DateTime(2024, 1, 2, 3, 4, 5), row[12]);
        Assert.Equal(1, Assert.IsType<Dictionary<object, object?>>(row[13])["k"]);
        Assert.Equal([1, null], (object?[])row[14]!);
        Assert.Equal("z", Assert.IsType<Row>(row[15])["y"]);
        Assert.Equal(new TimeSpan(1, 2, 3, 4), row[16]);
        Assert.Equal(14, row[17]);
        Assert.Null(row[18]);
    }

    [Fact]
    public async Task Errors_OfAnalysisParserAndRuntime_AreTyped()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        AnalysisException missing = await Assert.ThrowsAsync<AnalysisException>(() => spark.Table("no_such_table").SchemaAsync(Token));
        Assert.Equal("TABLE_OR_VIEW_NOT_FOUND", missing.ErrorClass);
        Assert.StartsWith("org.apache.spark.sql.", missing.ServerClass, StringComparison.Ordinal);
        Assert.Contains("no_such_table", missing.Message, StringComparison.Ordinal);
        ParseException parse = await Assert.ThrowsAsync<ParseException>(() => spark.SqlAsync("SELEC 1", cancellationToken: Token));
        Assert.Equal("PARSE_SYNTAX_ERROR", parse.ErrorClass);
        await spark.Conf.SetAsync("spark.sql.ansi.enabled", "true", Token);
        SparkException runtime = await Assert.ThrowsAsync<SparkException>(() => spark.Range(1).Select(Col("id") / Col("id")).CollectAsync(Token));
        Assert.Equal(server.Version[0] == '3' ? null : "DIVIDE_BY_ZERO", runtime.ErrorClass);
        Assert.Contains("[DIVIDE_BY_ZERO]", runtime.Message, StringComparison.Ordinal);
        Assert.Null(runtime.WorkerMessage);
        SparkException key = await Assert.ThrowsAnyAsync<SparkException>(() => spark.Conf.GetAsync("spark.no.such.key", Token));
        Assert.Contains("spark.no.such.key", key.Message, StringComparison.Ordinal);
        InvalidOperationException unfit = await Assert.ThrowsAsync<InvalidOperationException>(() => spark.Range(1).Select("id").CollectAsync<User>(Token));
        Assert.Equal("User.Name has no column; there are id. Rename the column with Alias, or the property.", unfit.Message);
    }

    [Fact]
    public async Task Conf_SetUnsetAndAsked_Follows()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        await spark.Conf.SetAsync("spark.sql.shuffle.partitions", "3", Token);
        Assert.Equal("3", (await spark.Conf.GetAllAsync("spark.sql.", Token))["shuffle.partitions"]);
        await spark.Conf.UnsetAsync("spark.sql.shuffle.partitions", Token);
        Assert.NotEqual("3", await spark.Conf.GetAsync("spark.sql.shuffle.partitions", Token));
        Assert.True(await spark.Conf.IsModifiableAsync("spark.sql.shuffle.partitions", Token));
        Assert.False(await spark.Conf.IsModifiableAsync("spark.sql.warehouse.dir", Token));
        Assert.Null(await spark.Conf.GetOptionAsync("spark.no.such.key", Token));
    }

    [Fact]
    public async Task Collect_Cancelled_InterruptsTheJobAtTheServer()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        DataFrame endless = spark.Range(0, 4, 1, 4).Select(Expr("reflect('java.lang.Thread', 'sleep', 120000L + id)"));
        Task<IReadOnlyList<Row>> job = endless.CollectAsync(cancel.Token);
        cancel.CancelAfter(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<OperationCanceledException>(() => job);
        Assert.Equal(4, await spark.Range(4).Repartition(4).CountAsync(Token));
    }

    [Fact]
    public async Task AddArtifact_TwiceWithOtherContent_IsRefusedWithTheCure()
    {
        await using SparkSession spark = await server.NewSessionAsync();
        await spark.AddArtifactAsync("files/a.txt", new MemoryStream([1]), Token);
        await spark.AddArtifactAsync("files/a.txt", new MemoryStream([1]), Token);
        SparkException error = await Assert.ThrowsAsync<SparkException>(() => spark.AddArtifactAsync("files/a.txt", new MemoryStream([2]), Token));
        Assert.StartsWith("The session has an artifact 'files/a.txt' with another content. Put a hash of the content into the name", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
