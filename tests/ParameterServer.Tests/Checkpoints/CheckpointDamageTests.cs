using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>Damage of every kind is an error with a message, never a crash or a wrong result.</summary>
public sealed class CheckpointDamageTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verify_EveryFlippedByte_IsFound()
    {
        string path = await SaveSmallAsync();
        foreach (string file in Directory.EnumerateFiles(path))
        {
            byte[] content = await File.ReadAllBytesAsync(file, Token);
            for (int i = 0; i < content.Length; i++)
            {
                byte[] damaged = [.. content];
                damaged[i] ^= (byte)(1 << (i % 8));
                await File.WriteAllBytesAsync(file, damaged, Token);
                BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => CheckpointReader.Open(path).VerifyAsync(Token));
                Assert.Contains(Path.GetFileName(file), error.Message, StringComparison.Ordinal);
            }

            await File.WriteAllBytesAsync(file, content, Token);
        }

        await CheckpointReader.Open(path).VerifyAsync(Token);
    }

    [Fact]
    public async Task Verify_EveryLengthOfEveryFile_IsFound()
    {
        string path = await SaveSmallAsync();
        foreach (string file in Directory.EnumerateFiles(path))
        {
            byte[] content = await File.ReadAllBytesAsync(file, Token);
            for (int length = 0; length < content.Length; length++)
            {
                await File.WriteAllBytesAsync(file, content[..length], Token);
                await Assert.ThrowsAsync<BadInputException>(() => CheckpointReader.Open(path).VerifyAsync(Token));
            }

            await File.WriteAllBytesAsync(file, content, Token);
        }
    }

    [Fact]
    public async Task Verify_FlippedByteAndMissingShard_NamesBoth()
    {
        string path = await SaveAsync(text: false);
        string shard = Path.Combine(path, "deep__sparse_1.dat"), dense = Path.Combine(path, "bias__dense_data.dat");
        File.Delete(shard);
        byte[] content = await File.ReadAllBytesAsync(dense, Token);
        content[1] ^= 1;
        await File.WriteAllBytesAsync(dense, content, Token);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => TestStore.LoadedAsync(path, 2));
        Assert.Equal(2, error.Problems.Count);
        Assert.Matches("file 'bias__dense_data.dat': expected the hash [0-9a-f]{16}, found [0-9a-f]{16}: it is damaged", error.Problems[0]);
        Assert.Contains("file 'deep__sparse_1.dat' is missing", error.Problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadTable_EveryLength_IsAnErrorWithoutAManifest()
    {
        string path = await SaveAsync(text: false);
        SparseTableSpec table = TestStore.Layout().Tables[0];
        byte[] content = await File.ReadAllBytesAsync(Path.Combine(path, "deep__sparse_0.dat"), Token);
        for (int length = 0; length < content.Length; length++)
        {
            string file = _folder[$"{length}.dat"];
            await File.WriteAllBytesAsync(file, content[..length], Token);
            BadInputException error = Assert.Throws<BadInputException>(() => Read(file, table));
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
            File.Delete(file);
        }
    }

    [Fact]
    public async Task ReadTable_EveryFlippedBitOfTheHeader_IsAnErrorOrTheSameRows()
    {
        string path = await SaveAsync(text: false);
        SparseTableSpec table = TestStore.Layout().Tables[0];
        string file = Path.Combine(path, "deep__sparse_0.dat");
        byte[] content = await File.ReadAllBytesAsync(file, Token);
        int rows = Read(file, table);
        for (int bit = 0; bit < 96 * 8; bit++)
        {
            byte[] damaged = [.. content];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            await File.WriteAllBytesAsync(file, damaged, Token);
            try
            {
                Assert.Equal(rows, Read(file, table));

                // Key types of the same size are alike, as are one-byte value types.
                Assert.InRange(bit, 48 * 8, (56 * 8) + 2);
            }
            catch (BadInputException error)
            {
                Assert.Contains(file, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task ReadTable_TextCutInsideALine_IsAnError()
    {
        string path = await SaveAsync(text: true);
        SparseTableSpec table = TestStore.Layout(text: true).Tables[0];
        string file = Path.Combine(path, "deep__sparse_0.dat");
        string content = await File.ReadAllTextAsync(file, Token);
        int all = Read(file, table);
        for (int length = 1; length < content.Length; length++)
        {
            await File.WriteAllTextAsync(file, content[..length], Token);
            if (content[length - 1] == '\n') Assert.InRange(Read(file, table), 1, all - 1);
            else Assert.Throws<BadInputException>(() => Read(file, table));
        }
    }

    async Task<string> SaveSmallAsync()
    {
        StoreLayout layout = TestStore.Layout(text: true);
        layout = layout with { Tables = [layout.Tables[1]], DenseTensors = [layout.DenseTensors[1]] };
        await using ParameterClient client = ParameterClient.CreateLocal(layout, 1);
        await client.BeginEpochAsync(0, [0], Token);
        await new StoreSession(client).PushAsync(new Push([5, 7], [1, 2]));
        await CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, false, Token);
        return _folder["c"];
    }

    async Task<string> SaveAsync(bool text)
    {
        await using ParameterClient client = await TestStore.TrainedAsync(2, TestStore.Layout(text: text));
        await CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, false, Token);
        return _folder["c"];
    }

    static int Read(string file, SparseTableSpec table)
    {
        using TableRowStream stream = TableRowStream.Open(file, table, dataOnly: false);
        return TestTable.ReadAll(stream, table).Count;
    }
}
