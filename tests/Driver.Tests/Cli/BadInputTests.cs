using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Driver.Tests.Jobs;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>What the program says, returns and leaves behind when its input is wrong.</summary>
public sealed partial class BadInputTests : IDisposable
{
    const string Job = """
        data: {train: [rows.csv], header: true, label: clicked}
        features: {categorical: [user, item], numeric: [price]}
        model: {type: FactorizationMachine, embeddingSize: 4}
        training: {batchSize: 50, torchThreads: 1}
        output: {model: out/model}
        """;

    readonly JobFolder _folder = new();
    readonly string[] _lines;

    public BadInputTests()
    {
        _lines = ["clicked,user,item,price", .. Enumerable.Range(0, 400).Select(i => $"{i % 3 % 2},u{i * 7919 % 13},i{i * 104729 % 11},{i % 50}.5")];
        _folder.Add("rows.csv", string.Join('\n', _lines) + "\n");
        _folder.Add("job.yaml", Job);
        File.Delete(_folder.At("train.csv"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train", "error: --set data.train=no.csv: data.train: \"no.csv\" does not exist; correct the path", "-c", "job.yaml", "--set", "data.train=no.csv")]
    [InlineData("train", "error: no*.csv: no file matches; '*' stands for a part of a name, '**' for any folders", "-c", "job.yaml", "--set", "data.train=no*.csv")]
    [InlineData("convert", "error: --set data.train=no.csv: data.train: \"no.csv\" does not exist; correct the path", "-c", "job.yaml", "-o", "o.csv", "--set", "data.train=no.csv")]
    [InlineData("predict", "error: data \"no.csv\" does not exist; correct the path", "-m", ".", "-d", "no.csv", "-o", "o.csv")]
    public Task MissingFile_IsNamed(string verb, string expected, params string[] arguments) => AssertRefusedAsync(expected, [verb, .. arguments]);

    [Fact]
    public async Task TruncatedGzip_IsNamedWithWhatCouldBeRead()
    {
        byte[] whole = Gzip(File.ReadAllBytes(_folder.At("rows.csv")));
        await File.WriteAllBytesAsync(_folder.At("cut.csv.gz"), whole[..(whole.Length / 2)]);
        string error = "error: cut.csv.gz: the gzip data are damaged or cut short (readable: the first N bytes of content); make or copy the file again";
        await AssertRefusedAsync(error, "train", "-c", "job.yaml", "--set", "data.train=cut.csv.gz");
        await AssertRefusedAsync(error, "convert", "-c", "job.yaml", "-o", "o.parquet", "--set", "data.train=cut.csv.gz");
        await TrainAsync();
        await AssertRefusedAsync(error, "evaluate", "-m", "out/model", "-d", "cut.csv.gz");
        await AssertRefusedAsync(error, "predict", "-m", "out/model", "-d", "cut.csv.gz", "-o", "o.parquet");
    }

    [Fact]
    public async Task TruncatedParquet_IsNamed()
    {
        MetasporeProcess.Result convert = await MetasporeProcess.RunAsync(_folder.Root, "convert", "-c", "job.yaml", "-o", "rows.parquet");
        Assert.True(convert.ExitCode == 0, convert.Error);
        byte[] whole = await File.ReadAllBytesAsync(_folder.At("rows.parquet"));
        await File.WriteAllBytesAsync(_folder.At("cut.parquet"), whole[..(whole.Length / 2)]);
        await AssertRefusedAsync(
            "error: cut.parquet: the file is no whole Parquet file, it is damaged or cut short; make or copy the file again "
            + "(Invalid: Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file)",
            "train", "-c", "job.yaml", "--set", "data.train=cut.parquet");
    }

    [Theory]
    [InlineData("1,u3,i4", ": 3 fields, expected 4 (clicked … price); correct the line, or check the delimiter, the quotes and the column names")]
    [InlineData("1,u3,i4,2.5,9", ": 5 fields, expected 4 (clicked … price); correct the line, or check the delimiter, the quotes and the column names")]
    [InlineData("1,u3,i4,cheap", ", column 'price' (field 4): expected a number, found 'cheap'; correct the cell, list it under missing, or read the column as text")]
    [InlineData("1,u3,i4,Infinity", ", column 'price' (field 4): expected a number, found 'Infinity'; correct the cell, list it under missing, or read the column as text")]
    [InlineData("2,u3,i4,1", ", column 'clicked' (field 1): expected a label 0 or 1, found '2'; say which cells mean 1, for example 'label: {column: …, positive: [\"1\"]}', or which mean 0 under negative")]
    [InlineData("maybe,u3,i4,1", ", column 'clicked' (field 1): expected a label 0 or 1, found 'maybe'; say which cells mean 1, for example 'label: {column: …, positive: [\"1\"]}', or which mean 0 under negative")]
    [InlineData(",u3,i4,1", ", column 'clicked' (field 1): the label is missing; remove the row or fill it in")]
    public async Task WrongRow_IsNamedByFileLineAndColumn(string row, string expected)
    {
        _folder.Add("wrong.csv", string.Join('\n', [.. _lines[..300], row, .. _lines[301..]]) + "\n");
        await AssertRefusedAsync("error: wrong.csv, line 301" + expected, "train", "-c", "job.yaml", "--set", "data.train=wrong.csv");
        await AssertRefusedAsync("error: wrong.csv, line 301" + expected, "convert", "-c", "job.yaml", "-o", "o.csv", "--set", "data.train=wrong.csv");
    }

    [Fact]
    public async Task WrongFirstRowOfValidationOrTest_ShowsBeforeTraining()
    {
        _folder.Add("wrong.csv", string.Join('\n', [_lines[0], "2,u3,i4,1", .. _lines[1..]]) + "\n");
        foreach (string split in (string[])["validation", "test"])
        {
            await AssertRefusedAsync(
                "error: wrong.csv, line 2, column 'clicked' (field 1): expected a label 0 or 1, found '2'; say which cells mean 1, for example "
                + "'label: {column: …, positive: [\"1\"]}', or which mean 0 under negative",
                "train", "-c", "job.yaml", "--set", $"data.{split}=wrong.csv");
            Assert.False(Directory.Exists(_folder.At("out")));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("clicked,user,item,price\n")]
    public async Task NoRows_IsSaid(string content)
    {
        _folder.Add("empty.csv", content);
        await AssertRefusedAsync(
            "error: empty.csv: the data set has no row; check that the files are the right ones and were written to the end",
            "train", "-c", "job.yaml", "--set", "data.train=empty.csv");
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Theory]
    [InlineData("0..400")]
    [InlineData("500..600")]
    public Task RowsOutsideTheFile_AreRefusedWithItsSize(string rows) => AssertRefusedAsync(
        $"error: rows.csv: rows {rows} are asked for, but the file has 400 rows (0..399); correct the range",
        "train", "-c", "job.yaml", "--set", $"data.train={{path: rows.csv, rows: {rows}}}");

    [Fact]
    public async Task UnknownKeyAndWrongType_AreNamedWithTheirLines()
    {
        _folder.Add("job.yaml", Job.Replace("batchSize: 50", "batchsize: 50, epochs: two", StringComparison.Ordinal));
        await AssertRefusedAsync(
            "error: job.yaml:4: training.epochs: expected a whole number, at least 1, found \"two\"\n"
            + "error: job.yaml:4: training.batchsize: unknown key; did you mean \"batchSize\"? keys here: batchSize, checkpoint, dense, earlyStopping, epochs, "
            + "maxSparseFeatureAge, metricUpdateInterval, mode, pipelineDepth, seed, servers, shuffle, shuffleWindow, sparse, torchThreads, workers",
            "train", "-c", "job.yaml");
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public async Task SchemaNamingAnAbsentColumn_IsNamedWithTheNearest()
    {
        const string Expected = "error: rows.csv: no column 'itme'; did you mean 'item'? The file has clicked, user, item, price";
        await AssertRefusedAsync(Expected, "train", "-c", "job.yaml", "--set", "features.categorical=[user, itme]");
        _folder.Add("schema.txt", "user\nuser#itme\n");
        await AssertRefusedAsync(Expected, "train", "-c", "job.yaml", "--set", "features.combineSchema=schema.txt", "--set", "features.categorical=~");
        await AssertRefusedAsync(
            "error: rows.csv: no column 'colour'; the file has clicked, user, item, price: correct the name where it is used, or the names of the columns",
            "train", "-c", "job.yaml", "--set", "features.categorical=[user, colour]");
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    /// <summary>The program refuses with exit code 2 and exactly this text, and leaves nothing but a whole report of the failure.</summary>
    async Task AssertRefusedAsync(string expected, params string[] arguments)
    {
        string[] reports = [_folder.At("out", "model.metrics.jsonl"), _folder.At("out", "model.report.html")];
        Dictionary<string, string> before = Listing();
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, arguments);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(expected, Normalize(result.Error));
        Dictionary<string, string> after = Listing();
        Assert.Equal(before.Where(file => !reports.Contains(file.Key)), after.Where(file => !reports.Contains(file.Key)));
        if (before.Count == after.Count) return;
        JsonNode end = JsonNode.Parse(File.ReadLines(reports[0]).Last())!;
        Assert.Equal("end", (string)end["kind"]!);
        Assert.EndsWith("</html>", File.ReadAllText(reports[1]).TrimEnd(), StringComparison.Ordinal);
    }

    async Task TrainAsync(params string[] arguments)
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, ["train", "-c", "job.yaml", .. arguments]);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    // Every file with its content; folders too, so that an empty one that was left shows.
    Dictionary<string, string> Listing() => Directory.EnumerateFileSystemEntries(_folder.Root, "*", SearchOption.AllDirectories)
        .Where(path => path != _folder.At("out"))
        .Order(StringComparer.Ordinal)
        .ToDictionary(path => path, path => Directory.Exists(path) ? "" : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));

    // Without what differs from run to run: the folder, the clock, temporary names and hashes; and without the line of the start.
    string Normalize(string error)
    {
        error = error.Replace(_folder.Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        IEnumerable<string> lines = error.TrimEnd().Split('\n').Where(line => !line.StartsWith("training: ", StringComparison.Ordinal) && !line.StartsWith("epoch ", StringComparison.Ordinal));
        error = Clock().Replace(string.Join('\n', lines), "");
        return Hash().Replace(Temporary().Replace(Bytes().Replace(error, "first N bytes"), ".tmp-X"), "hash H");
    }

    static byte[] Gzip(byte[] content)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest)) gzip.Write(content);
        return target.ToArray();
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d ", RegexOptions.Multiline)]
    private static partial Regex Clock();

    [GeneratedRegex("first [1-9][0-9,]* bytes")]
    private static partial Regex Bytes();

    [GeneratedRegex(@"\.tmp-[0-9a-f]+")]
    private static partial Regex Temporary();

    [GeneratedRegex("hash [0-9a-f]{16}")]
    private static partial Regex Hash();
}
