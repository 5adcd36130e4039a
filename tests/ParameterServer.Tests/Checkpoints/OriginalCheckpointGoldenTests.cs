using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>Whole checkpoints of MetaSpore, read into stores and written again.</summary>
[Trait("Category", Golden.Category)]
public sealed class OriginalCheckpointGoldenTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every folder with descriptions: checkpoints, starts of replays, the trajectory's last step.</summary>
    public static TheoryData<string> Checkpoints() =>
    [
        .. Golden.Cases("metaspore").SelectMany(c => Directory.EnumerateDirectories(Golden.File("metaspore", c))
            .Where(d => Directory.EnumerateFiles(d, "*_meta.json").Any())
            .Select(d => Path.GetRelativePath(Golden.File("metaspore"), d))),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Checkpoints))]
    public void WriteMeta_EveryDescription_GivesItsBytes(string name)
    {
        foreach (string file in Directory.EnumerateFiles(Golden.File("metaspore", name), "*_meta.json"))
        {
            ParameterMeta meta = ParameterMeta.Read(file);
            Assert.True(meta.IsOriginal);
            Assert.Equal(Path.GetFileName(file), meta.FileName);
            Assert.Equal(File.ReadAllBytes(file), meta.Write());
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Checkpoints))]
    public async Task Load_IntoAnyShards_ThenSave_KeepsEveryRowAndTensor(string name)
    {
        CheckpointReader original = CheckpointReader.Open(Golden.File("metaspore", name));
        Assert.Equal(HashMode.MetaSpore, original.HashMode);
        await original.VerifyAsync(Token);
        StoreLayout layout = LayoutOf(original);
        foreach (int shards in (int[])[1, 2, 3])
        {
            await using ParameterClient client = ParameterClient.CreateLocal(layout, shards);
            await original.LoadAsync(client, new CheckpointLoadOptions(), Token);
            await CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, overwrite: true, Token);
            foreach (SparseTableSpec table in layout.Tables)
                Assert.Equal(Rows(original.Directory, table).Where(r => r.Key != 0), Rows(_folder["c"], table));
            foreach (string file in Directory.EnumerateFiles(original.Directory, "*__dense_*.dat"))
                Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder["c"], Path.GetFileName(file))));
        }
    }

    [Fact]
    public async Task Load_OriginalOfTwoShardsIntoOne_AgesRows_AsMetaSporeDid()
    {
        CheckpointReader original = CheckpointReader.Open(Golden.File("metaspore", "ftrl_s2", "checkpoint"));
        StoreLayout layout = LayoutOf(original);
        await using ParameterClient client = ParameterClient.CreateLocal(layout, 1);
        await original.LoadAsync(client, new CheckpointLoadOptions(), Token);
        await client.PruneAsync(new PruneRequest(MaxAge: 15), Token);
        await CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, false, Token);
        string resharded = Golden.File("metaspore", "ftrl_resharded_from2_s1", "checkpoint");
        foreach (SparseTableSpec table in layout.Tables)
            Assert.Equal(Rows(resharded, table).Where(r => r.Key != 0), Rows(_folder["c"], table));
    }

    [Theory]
    [InlineData("deep")]
    [InlineData("wide")]
    public void Write_PartsOfTwoShardsInTheirOrder_GivesTheBytesOfTheReshardedFile(string table)
    {
        TableRowFormat format = new(ElementType.Float32, 4, 2);
        List<(ulong, byte[])> rows = [];
        for (int part = 0; part < 2; part++)
        {
            using TableFileReader reader = TableFileReader.Open(Golden.File("metaspore", "ftrl_s2", "checkpoint", $"{table}__sparse_{part}.dat"));
            for (int i = 0; i < reader.Count; i++)
            {
                ulong[] key = new ulong[1];
                byte[] row = new byte[format.RowBytes];
                reader.ReadKeys(i, key);
                reader.ReadRows(i, key, row);
                row[format.AgeOffset]++;
                rows.Add((key[0], row));
            }
        }

        TableFileWriter.Write(_folder["t"], new MemoryRows(format.RowBytes, rows), cancellationToken: Token);
        string expected = Golden.File("metaspore", "ftrl_resharded_from2_s1", "checkpoint", $"{table}__sparse_0.dat");
        Assert.Equal(File.ReadAllBytes(expected), File.ReadAllBytes(_folder["t"]));
    }

    [Fact]
    public void RequireLayout_OriginalWithAnotherUpdater_NamesTheCure()
    {
        CheckpointReader original = CheckpointReader.Open(Golden.File("metaspore", "ftrl_s2", "checkpoint"));
        StoreLayout layout = LayoutOf(original);
        layout = layout with { Tables = [layout.Tables[0] with { Updater = new AdaGradTensorUpdater() }] };
        BadInputException error = Assert.Throws<BadInputException>(() => original.RequireLayout(layout));
        Assert.Contains("expected 1 updater states for each weight (adagrad), found 2; use the updater of the checkpoint (useFreshUpdaters: false), or start with fresh states (freshState: true)", error.Message, StringComparison.Ordinal);
        original.RequireLayout(layout, loadState: false);
    }

    [Fact]
    public async Task Verify_OriginalWithoutAShardFile_NamesIt()
    {
        foreach (string file in Directory.EnumerateFiles(Golden.File("metaspore", "ftrl_s2", "checkpoint")))
        {
            if (Path.GetFileName(file) is not ("deep__sparse_1.dat" or "dnn.0.bias__dense_state.dat")) File.Copy(file, _folder[Path.GetFileName(file)]);
        }

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => CheckpointReader.Open(_folder.Path).VerifyAsync(Token));
        Assert.Equal(2, error.Problems.Count);
        Assert.Contains("file 'deep__sparse_1.dat' is missing", error.Problems[0], StringComparison.Ordinal);
    }

    // An updater with the same number of states stands in for the pickled one.
    static StoreLayout LayoutOf(CheckpointReader checkpoint) => new()
    {
        RunId = Guid.Empty,
        Tables = [.. checkpoint.Tables.Select(t => new SparseTableSpec
        {
            Name = t.Name,
            Dimension = t.Dimension,
            ElementType = t.ElementType,
            Updater = Updater(t.StatesPerParameter),
            Initializer = new ZeroTensorInitializer(),
        })],
        DenseTensors = [.. checkpoint.DenseTensors.Select(t => new DenseTensorSpec
        {
            Name = t.Name,
            Shape = t.Shape,
            ElementType = t.ElementType,
            Updater = Updater(t.StatesPerParameter),
        })],
    };

    static TensorUpdater Updater(int states) => states switch
    {
        0 => new NoOpTensorUpdater(),
        1 => new AdaGradTensorUpdater(),
        2 => new FtrlTensorUpdater(),
        _ => new AdamWTensorUpdater { AmsGrad = true },
    };

    static List<(ulong Key, string Row)> Rows(string directory, SparseTableSpec table)
    {
        List<(ulong, string)> rows = [];
        foreach (string file in Directory.EnumerateFiles(directory, $"{table.Name}__sparse_*.dat"))
        {
            using TableRowStream stream = TableRowStream.Open(file, table, dataOnly: false);
            foreach ((ulong key, double[] data, double[] state, int age) in TestTable.ReadAll(stream, table, block: 100))
                rows.Add((key, $"{string.Join(' ', data)} | {string.Join(' ', state)} | {age}"));
        }

        return [.. rows.OrderBy(r => r.Item1)];
    }
}
