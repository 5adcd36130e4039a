using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

public sealed class TableImportTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(HashMode.XxHash3)]
    [InlineData(HashMode.MetaSpore)]
    public async Task Run_TextWithColumnValues_HashesThem(HashMode mode)
    {
        await File.WriteAllTextAsync(_folder["t.txt"], "alice\t1,2,3\r\nbob|x\t-4e-1,nan,-inf\n\t9,9,9\nlast one\t7,8,9", Token);
        await using ParameterClient client = await TestStore.TrainedAsync(2);
        await new TableImport { Table = "deep", Path = _folder["t.txt"], KeyColumn = "user", HashMode = mode }.RunAsync(client, Token);
        ColumnHash hash = new(mode, "user");
        ulong[] keys = [hash.Key("alice"), hash.Key("bob|x"), hash.Key("last one"), hash.Key("carol")];
        float[] rows = await new StoreSession(client).PullAsync(0, keys, readOnly: true);
        Assert.Equal([1, 2, 3, -0.4f, float.NaN, float.NegativeInfinity, 7, 8, 9, 0, 0, 0], rows);
        Assert.Equal(3, (await client.GetStatisticsAsync(Token))[0].AppliedSteps);
    }

    [Theory]
    [InlineData(true, 0.5f)]
    [InlineData(false, 7)]
    public async Task Run_SkipExisting_KeepsOrReplaces(bool skip, float expected)
    {
        await File.WriteAllTextAsync(_folder["t.txt"], "5\t7\n77\t8\n", Token);
        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(), 2);
        await client.BeginEpochAsync(0, [0], Token);
        await new StoreSession(client).PushAsync(new Push([5], [5]) { Table = 1 });
        await new TableImport { Table = "wide", Path = _folder["t.txt"], SkipExisting = skip }.RunAsync(client, Token);
        float[] rows = await new StoreSession(client).PullAsync(1, [5, 77], readOnly: true);
        Assert.Equal([expected, 8], rows);
    }

    [Fact]
    public async Task Run_DescriptionOfAFullCheckpoint_DataOnly_TakesItsWeights()
    {
        await using ParameterClient saved = await TestStore.TrainedAsync(3);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(new PlainSgd(1)), 2);
        await new TableImport { Table = "deep", Path = Path.Combine(_folder["c"], "deep__sparse_meta.json") }.RunAsync(client, Token);
        Assert.Equal(
            await new StoreSession(saved).PullAsync(0, TestStore.Keys), await new StoreSession(client).PullAsync(0, TestStore.Keys, readOnly: true));
    }

    [Fact]
    public async Task Run_ExportedParts_TakesAllOfThem()
    {
        for (int part = 0; part < 2; part++)
        {
            MemoryRows exported = new(12, [((ulong)part + 10, [.. ((float[])[part, 2, 3]).SelectMany(BitConverter.GetBytes)])]);
            TableFileWriter.Write(_folder[$"part_2_{part}.dat"], exported, TableFileHeader.SmallestBucketCount(1), Token);
        }

        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(), 3);
        await new TableImport { Table = "deep", Path = _folder.Path }.RunAsync(client, Token);
        float[] rows = await new StoreSession(client).PullAsync(0, [10, 11], readOnly: true);
        Assert.Equal([0, 2, 3, 1, 2, 3], rows);
        BadInputException full = await Assert.ThrowsAsync<BadInputException>(
            () => new TableImport { Table = "deep", Path = _folder.Path, DataOnly = false }.RunAsync(client, Token));
        Assert.Contains("expected rows of 40 bytes (3 float32 weights with 2 states each and an age), found rows of 12 bytes: weights alone", full.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12 1,2,3\n", "line 1: expected a key, a tab and values, found '12 1,2,3'")]
    [InlineData("1\t1,2,3\nx\t1,2,3\n", "line 2: expected a key, a whole number from 0 to 2^64-1")]
    [InlineData("18446744073709551616\t1,2,3\n", "line 1: expected a key")]
    [InlineData("1\t1,2\n", "line 1: expected 3 weights, found 2")]
    [InlineData("1\t1,2,3,4\n", "line 1: expected 3 weights, found 4")]
    [InlineData("1\t1,,3\n", "line 1: expected weight 1 to be a number, found ''")]
    [InlineData("1\t1,2 ,3\n", "line 1: expected weight 1 to be a number, found '2 '")]
    [InlineData("1\t1,2,1e99\n", "line 1: expected weight 2 to be a number, found '1e99'")]
    [InlineData("1\t1,2,3|4\n", "line 1: expected weights|states|age, 3 fields")]
    [InlineData("1\t1,2,3\n\n", "line 2: expected a key, a tab and values, found ''")]
    [InlineData("", "expected a table, found 0 bytes")]
    public async Task Run_BadText_NamesTheLine(string content, string expected)
    {
        await File.WriteAllTextAsync(_folder["t.txt"], content, Token);
        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(), 1);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => new TableImport { Table = "deep", Path = _folder["t.txt"] }.RunAsync(client, Token));
        Assert.Contains($"table 'deep', file '{_folder["t.txt"]}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1\t1,2,3\n", "found weights alone (import the file for its weights only)")]
    [InlineData("1\t1,2,3|1,2,3,4,5|0\n", "expected 6 states, found 5")]
    [InlineData("1\t1,2,3|1,2,3,4,5,6|-1\n", "expected an age of 0 or more, found '-1'")]
    [InlineData("1\t1,2,3|1,2,3,4,5,6|1", "expected a line end: the file is cut off")]
    public async Task Run_BadFullText_NamesTheLine(string content, string expected)
    {
        await File.WriteAllTextAsync(_folder["t.txt"], content, Token);
        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(), 1);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => new TableImport { Table = "deep", Path = _folder["t.txt"], DataOnly = false }.RunAsync(client, Token));
        Assert.Contains("line 1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NoSuchTableOrFile_SaysWhatThereIs()
    {
        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(), 1);
        BadInputException table = await Assert.ThrowsAsync<BadInputException>(() => new TableImport { Table = "dep", Path = "x" }.RunAsync(client, Token));
        Assert.Contains("can't import into table 'dep': the model has 'deep', 'wide'", table.Message, StringComparison.Ordinal);
        BadInputException file = await Assert.ThrowsAsync<BadInputException>(() => new TableImport { Table = "deep", Path = _folder["x"] }.RunAsync(client, Token));
        Assert.Contains($"table file '{_folder["x"]}' is missing", file.Message, StringComparison.Ordinal);
        BadInputException folder = await Assert.ThrowsAsync<BadInputException>(() => new TableImport { Table = "deep", Path = _folder.Path }.RunAsync(client, Token));
        Assert.Contains("expected exported parts (part_*.dat) in the folder, found none", folder.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LongLines_AreRead()
    {
        // Lines of more than the first buffer, and one that can be no row.
        var layout = TestStore.Layout(dimension: 9000);
        string numbers = string.Join(',', Enumerable.Range(0, 9000).Select(i => $"{i}.0000000"));
        await File.WriteAllTextAsync(_folder["t.txt"], $"1\t{numbers}\n2\t{numbers}\n", Token);
        await using ParameterClient client = ParameterClient.CreateLocal(layout, 1);
        await new TableImport { Table = "deep", Path = _folder["t.txt"] }.RunAsync(client, Token);
        float[] row = await new StoreSession(client).PullAsync(0, [2], readOnly: true);
        Assert.Equal([.. Enumerable.Range(0, 9000).Select(i => (float)i)], row);
        await File.WriteAllTextAsync(_folder["u.txt"], new string('1', 10_000_000), Token);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => new TableImport { Table = "deep", Path = _folder["u.txt"] }.RunAsync(client, Token));
        Assert.Contains("line 1: expected a line of at most", error.Message, StringComparison.Ordinal);
    }
}
