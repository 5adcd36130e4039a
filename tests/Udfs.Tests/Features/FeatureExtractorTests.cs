using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Udfs.Features;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Features;

public sealed class FeatureExtractorTests
{
    static readonly string[] s_scalarTypes = ["utf8", "largeUtf8", "utf8View", "dictionary8", "dictionary32", "int64", "uint8", "bool", "date32"];
    static readonly string[] s_listTypes = ["list", "largeList", "fixedList"];

    public static TheoryData<HashMode, int> Seeds()
    {
        var data = new TheoryData<HashMode, int>();
        foreach (HashMode mode in new[] { HashMode.XxHash3, HashMode.MetaSpore })
        {
            for (int seed = 0; seed < 12; seed++) data.Add(mode, seed);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Extract_RandomNullsAndSlices_EqualsBruteForce(HashMode mode, int seed)
    {
        var random = new Random(seed);
        string[] names = [.. s_scalarTypes, .. s_listTypes];
        CombineSchema[] schemas = [.. Enumerable.Range(0, 3).Select(_ => RandomSchema(random, names))];
        var extractor = new FeatureExtractor(mode, schemas);
        SparseBatch[] targets = [.. schemas.Select(_ => new SparseBatch())];
        foreach (int rows in new[] { 37, 1, 150, 0, 64 })
        {
            Dictionary<string, string?[]?[]> cells = names.ToDictionary(name => name, name => RandomCells(random, name, rows + 13));
            int offset = random.Next(13);
            RecordBatch batch = Batch(cells).Slice(offset, rows);

            extractor.Extract(batch, targets);

            for (int s = 0; s < schemas.Length; s++)
                AssertKeys(Expected(mode, schemas[s], cells, offset, rows), targets[s]);
        }
    }

    static CombineSchema RandomSchema(Random random, string[] names) =>
        new([.. Enumerable.Range(0, 8).Select(_ => new CombineFeature([.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => names[random.Next(names.Length)])]))]);

    static string?[]?[] RandomCells(Random random, string type, int rows)
    {
        int nulls = random.Next(3) * 25;
        return [.. Enumerable.Range(0, rows).Select(_ => random.Next(100) < nulls ? null : RandomCell(random, type))];
    }

    static string?[] RandomCell(Random random, string type)
    {
        int length = type switch { "list" or "largeList" => random.Next(4), "fixedList" => 2, _ => 1 };
        return [.. Enumerable.Range(0, length).Select(_ => type switch
        {
            "int64" => random.NextInt64(-3, 3).ToString(CultureInfo.InvariantCulture),
            "uint8" => random.Next(256).ToString(CultureInfo.InvariantCulture),
            "bool" => random.Next(2) == 0 ? "True" : "False",
            "date32" => new DateOnly(1969, 12, 30).AddDays(random.Next(5)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => random.Next(6) switch { 0 => "", 1 when length != 1 => null, 2 => "北京" + random.Next(3), _ => new string('x', random.Next(1, 30)) },
        })];
    }

    static RecordBatch Batch(Dictionary<string, string?[]?[]> cells)
    {
        var batch = new RecordBatch.Builder();
        foreach ((string name, string?[]?[] column) in cells)
        {
            batch.Append(name, true, s_listTypes.Contains(name)
                ? ArrowCells.Lists(name, column)
                : ArrowCells.Scalars(name, [.. column.Select(cell => cell?[0])]));
        }

        return batch.Build();
    }

    static List<ulong[]> Expected(HashMode mode, CombineSchema schema, Dictionary<string, string?[]?[]> cells, int offset, int rows)
    {
        var slots = new List<ulong[]>();
        for (int row = 0; row < rows; row++)
        {
            foreach (CombineFeature feature in schema.Features)
            {
                ulong[][] operands = [.. feature.Columns.Select(name => OperandKeys(mode, name, cells[name][offset + row]))];
                ulong[] keys = operands.Aggregate((left, right) => [.. left.SelectMany(a => right.Select(b => ColumnHash.Cross(mode, a, b)))]);
                slots.Add(keys.Length == 0 ? [0] : keys);
            }
        }

        return slots;
    }

    static ulong[] OperandKeys(HashMode mode, string name, string?[]? cell)
    {
        bool keepEmpty = mode == HashMode.MetaSpore && s_listTypes.Contains(name);
        return [.. (cell ?? []).Where(element => element is not null && (element.Length > 0 || keepEmpty))
            .Select(element => element!.Length == 0 ? 0 : new ColumnHash(mode, name).Key(element))];
    }

    static void AssertKeys(List<ulong[]> expected, SparseBatch batch)
    {
        Assert.Equal(expected.Count, batch.BatchSize * batch.FeatureCount);
        Assert.Equal(expected.Sum(keys => keys.Length), batch.IndexCount);
        ulong[] unique = batch.UniqueKeySpan.ToArray();
        Assert.Equal(expected.SelectMany(keys => keys).Distinct(), unique);
        for (int slot = 0; slot < expected.Count; slot++)
        {
            int[] indices = batch.IndexSpan[batch.Offsets[slot]..batch.Offsets[slot + 1]].ToArray();
            Assert.Equal(expected[slot], indices.Select(index => unique[index]));
        }
    }

    [Fact]
    public void Extract_SteadyState_AllocatesNothing()
    {
        var cells = new Dictionary<string, string?[]?[]>();
        var random = new Random(5);
        foreach (string name in s_scalarTypes.Concat(s_listTypes)) cells[name] = RandomCells(random, name, 500);
        RecordBatch batch = Batch(cells);
        var extractor = new FeatureExtractor(HashMode.XxHash3, [new([.. cells.Keys.Select(name => new CombineFeature([name])), new(["utf8", "list"])])]);
        SparseBatch[] targets = [new()];
        for (int i = 0; i < 3; i++) extractor.Extract(batch, targets);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) extractor.Extract(batch, targets);
        long perRow = (GC.GetAllocatedBytesForCurrentThread() - before) / (10 * 500);

        Assert.Equal(0, perRow);
    }

    [Fact]
    public void Extract_NullTypedColumn_IsMissing()
    {
        RecordBatch batch = new RecordBatch.Builder().Append("a", true, new NullArray(3)).Append("b", true, ArrowCells.Scalars("utf8", ["x", "y", null])).Build();
        var target = new SparseBatch();

        new FeatureExtractor(HashMode.MetaSpore, [CombineSchemaParser.FromText("a\nb\na#b")]).Extract(batch, [target]);

        Assert.Equal([0UL, new ColumnHash(HashMode.MetaSpore, "b").Key("x"), new ColumnHash(HashMode.MetaSpore, "b").Key("y")], target.UniqueKeySpan.ToArray());
    }

    [Fact]
    public void Extract_FloatColumn_RefusedWithCure()
    {
        RecordBatch batch = new RecordBatch.Builder().Append("price", true, new DoubleArray.Builder().Append(1.5).Build()).Build();
        var extractor = new FeatureExtractor(HashMode.XxHash3, [CombineSchemaParser.FromText("price")]);

        BadInputException error = Assert.Throws<BadInputException>(() => extractor.Extract(batch, [new SparseBatch()]));

        Assert.Contains("column 'price' has the Arrow type double", error.Message, StringComparison.Ordinal);
        Assert.Contains("list the column under numeric (as log2, quantile or value)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_CrossOfHugeLists_RefusedWithCure()
    {
        IArrowArray list = ArrowCells.Lists("list", [[.. Enumerable.Range(0, 20_000).Select(i => i.ToString(CultureInfo.InvariantCulture))]]);
        RecordBatch batch = new RecordBatch.Builder().Append("a", true, list).Append("b", true, list).Build();
        var extractor = new FeatureExtractor(HashMode.XxHash3, [CombineSchemaParser.FromText("a#b")]);

        BadInputException error = Assert.Throws<BadInputException>(() => extractor.Extract(batch, [new SparseBatch()]));

        Assert.StartsWith("the cross 'a#b' has more than 268435456 combinations in one batch; row 0 of the batch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_MissingColumn_NamesItAndThosePresent()
    {
        RecordBatch batch = new RecordBatch.Builder().Append("User", true, ArrowCells.Scalars("utf8", ["x"])).Append("item", true, ArrowCells.Scalars("utf8", ["x"])).Build();
        var extractor = new FeatureExtractor(HashMode.XxHash3, [CombineSchemaParser.FromText("user")]);

        BadInputException error = Assert.Throws<BadInputException>(() => extractor.Extract(batch, [new SparseBatch()]));

        Assert.Equal("the rows have no column 'user'; their columns are: User, item", error.Message);
    }

    [Fact]
    public void Extract_Timestamps_TextOfPython()
    {
        var micros = new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, (string?)null));
        foreach (string time in new[] { "2024-01-31T10:00:00Z", "1969-12-31T23:59:59.500001Z" }) micros.Append(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));
        var nanos = new TimestampArray(new TimestampType(TimeUnit.Nanosecond, "UTC"), new ArrowBuffer.Builder<long>().Append(-1).Append(1_000_000_000).Build(), ArrowBuffer.Empty, 2, 0, 0);
        RecordBatch batch = new RecordBatch.Builder().Append("m", true, micros.Build()).Append("n", true, nanos).Build();
        var target = new SparseBatch();

        new FeatureExtractor(HashMode.XxHash3, [CombineSchemaParser.FromText("m\nn")]).Extract(batch, [target]);

        var m = new ColumnHash(HashMode.XxHash3, "m");
        var n = new ColumnHash(HashMode.XxHash3, "n");
        Assert.Equal(
            [m.Key("2024-01-31 10:00:00"), n.Key("1969-12-31 23:59:59.999999999+00:00"), m.Key("1969-12-31 23:59:59.500001"), n.Key("1970-01-01 00:00:01+00:00")],
            target.UniqueKeySpan.ToArray());
    }
}
