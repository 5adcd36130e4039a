using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

[Trait("Category", Golden.Category)]
public sealed class ColumnarTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> RowFiles() => Golden.Folder is null
        ? [""]
        : [.. Directory.EnumerateFiles(Golden.File("formats"), "rows-*").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    static DatasetSpec Every(string path) => new() { Inputs = [new(path)], KeepOtherColumns = true };

    [Theory]
    [MemberData(nameof(RowFiles))]
    public void Read_RowsFile_ValuesOfTheJson(string file)
    {
        DatasetReader reader = DatasetReader.Open(Every(Golden.File("formats", file)));
        string[] columns = [.. reader.Schema.FieldsList.Select(field => field.Name)];
        List<string> expected = [.. File.ReadLines(Golden.File("formats", "rows.json")).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(row => string.Join(" ; ", columns.Select(column => Show(row.GetProperty(column), column))))];
        Assert.True(columns.Length >= 3);
        Assert.Equal(expected, Rows.Of(reader.ReadInOrder(5)));
        Assert.Equal(expected.Skip(2).Take(4), Rows.Of(DatasetReader.Open(Every(Golden.File("formats", file)) with { Inputs = [new(Golden.File("formats", file), 2, 5)] }).ReadInOrder(3)));
        Assert.Equal(expected, Rows.Of(reader.Read(new() { Shuffle = true, BatchSize = 2 }, 0, 0)).OrderBy(row => row[0]));
    }

    [Theory]
    [MemberData(nameof(RowFiles))]
    public void Read_CutFile_Error(string file)
    {
        byte[] whole = File.ReadAllBytes(Golden.File("formats", file));
        foreach (int length in (int[])[whole.Length / 3, whole.Length / 2, whole.Length * 9 / 10, whole.Length - 9, 20, 4])
        {
            bool isFooterOnly = file.StartsWith("rows-file", StringComparison.Ordinal) && length >= whole.Length * 9 / 10;
            if (isFooterOnly) continue;
            string path = _folder.Write(file, whole[..length]);
            string message = Assert.Throws<BadInputException>(() => Rows.Of(DatasetReader.Open(Every(path)).ReadInOrder(5))).Message;
            Assert.StartsWith($"{path}: the file is no whole {(file.EndsWith(".parquet", StringComparison.Ordinal) ? "Parquet" : "Arrow")} file", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_ColumnsByKind_NumbersAndLabels()
    {
        foreach (string file in (string[])["rows-zstd.parquet", "rows-file-lz4.arrow"])
        {
            DatasetSpec spec = new()
            {
                Inputs = [new(Golden.File("formats", file), 0, 3)],
                Columns = new Dictionary<string, ColumnKind> { ["small"] = ColumnKind.Number, ["tags"] = ColumnKind.TextList, ["city"] = ColumnKind.Text },
                Label = new("label"),
            };
            Assert.Equal(["0 ; Oslo ; [x,y] ; 1", "1 ; null ; [] ; -128", "0 ;  ; null ; 127", "1 ; Köln ; [z,null,] ; null"], Rows.Of(DatasetReader.Open(spec).ReadInOrder(100)));
            string message = Assert.Throws<BadInputException>(() => Rows.Of(DatasetReader.Open(spec with { Inputs = [new(Golden.File("formats", file))] }).ReadInOrder(100))).Message;
            Assert.EndsWith("row 4 (counted from 0), column 'label': the label is missing; remove the row or fill it in", message, StringComparison.Ordinal);
            Assert.Contains("did you mean 'small'", Assert.Throws<BadInputException>(() => DatasetReader.Open(spec with { Columns = new Dictionary<string, ColumnKind> { ["smal"] = ColumnKind.Number } })).Message, StringComparison.Ordinal);
            Assert.Contains("expected a number, found 'Oslo'", Assert.Throws<BadInputException>(() => Rows.Of(DatasetReader.Open(spec with { Columns = new Dictionary<string, ColumnKind> { ["city"] = ColumnKind.Number } }).ReadInOrder(9))).Message, StringComparison.Ordinal);
            spec = spec with { Columns = new Dictionary<string, ColumnKind>(), Label = new("small", Positive: ["1", "-128"]), Inputs = [new(Golden.File("formats", file), 0, 2)] };
            Assert.Equal(["1", "1", "0"], Rows.Of(DatasetReader.Open(spec).ReadInOrder(100)));
        }
    }

    [Theory]
    [InlineData("dict-delta.arrows", "a", "b", "null", "b", "d", "a")]
    [InlineData("dict-replace.arrows", "a", "b", "null", "b", "q", "p")]
    public void Read_Dictionaries_Values(string file, params string[] expected) =>
        Assert.Equal(expected, Rows.Of(DatasetReader.Open(Every(Golden.File("formats", file))).ReadInOrder(100)));

    [Fact]
    public void Read_LargeAndFixedTypes_Plain()
    {
        Assert.Equal(
            ["a ; [1] ; [1,2] ; 6162 ; 1 ; 1.5", "null ; null ; null ; null ; null ; -2", "bc ; [2,3] ; [3,4] ; 6364 ; 18446744073709551615 ; 65504"],
            Rows.Of(DatasetReader.Open(Every(Golden.File("formats", "large-offsets.arrow"))).ReadInOrder(2)));
        Assert.Contains("the data set has no row", Assert.Throws<BadInputException>(
            () => Rows.Of(DatasetReader.Open(Every(Golden.File("formats", "empty-stream.arrows"))).ReadInOrder(2))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("many-snappy-dict.parquet")]
    [InlineData("many-zstd-delta.parquet")]
    public void Read_ManyRows_ValuesOfTheFormula(string file)
    {
        List<string> expected = [.. Enumerable.Range(0, 2000).Select(k =>
        {
            ulong h = ((ulong)k * 0x9E3779B97F4A7C15) >> 40;
            string list = string.Join(',', Enumerable.Range(0, (int)(h % 4)).Select(q => (int)(h % 100) + q));
            return string.Create(CultureInfo.InvariantCulture, $"{k} ; v{h:x6} ; {(h % 7 == 0 ? "null" : h.ToString(CultureInfo.InvariantCulture))} ; [{list}]");
        })];
        string path = Golden.File("formats", file);
        DatasetReader reader = DatasetReader.Open(Every(path));
        Assert.Equal(["k", "s", "m", "l"], reader.Schema.FieldsList.Select(field => field.Name));
        Assert.Equal(expected, Rows.Of(reader.ReadInOrder(333)));
        Assert.Equal(expected[1450..1800], Rows.Of(DatasetReader.Open(Every(path) with { Inputs = [new(path, 1450, 1799)] }).ReadInOrder(333)));
        Assert.Equal(expected.Where((_, i) => i / 100 % 2 == 1 && i >= 700), Rows.Of(reader.Read(new() { BatchSize = 100, PartitionCount = 2 }, 1, 3)));
    }

    static string Show(JsonElement cell, string column) => cell.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Array => "[" + string.Join(',', cell.EnumerateArray().Select(element => Show(element, column))) + "]",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number when column is "label" or "emb" => cell.GetSingle().ToString("R", CultureInfo.InvariantCulture),
        JsonValueKind.Number when column == "price" => cell.GetDouble().ToString("R", CultureInfo.InvariantCulture),
        JsonValueKind.Number => cell.GetInt64().ToString(CultureInfo.InvariantCulture),
        _ when column == "ts" => new DateTimeOffset(DateTime.SpecifyKind(DateTime.Parse(cell.GetString()!, CultureInfo.InvariantCulture), DateTimeKind.Utc))
            .ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + "t",
        _ => cell.GetString()!,
    };
}
