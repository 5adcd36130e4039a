using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>A whole snapshot and the deltas after it hold what a whole snapshot of the same moment holds.</summary>
public sealed class DeltaSnapshotTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1, 1, false)]
    [InlineData(3, 3, 1, false)]
    [InlineData(3, 2, 1, false)]
    [InlineData(1, 3, 2, false)]
    [InlineData(3, 1, 2, true)]
    public async Task Load_AfterAnyChanges_EqualsTheWholeSnapshotOfTheMoment(int shards, int others, int workers, bool failing)
    {
        await using ChangingStore store = await ChangingStore.StartAsync(shards + (7 * others), shards, TestStore.Layout(workers: workers));
        SnapshotStore snapshots = new(_folder["s"], 100, 4);
        int deltas = 0;
        for (int step = 1; step <= 9; step++)
        {
            await store.ChangeAsync(step == 1 ? 80 : 25);
            if (failing && step % 3 == 0)
            {
                store.FailNextSave();
                await Assert.ThrowsAsync<BadInputException>(() => SaveAsync(snapshots, store.Client, 100 + step));
                await store.ChangeAsync(10);
            }

            string path = await SaveAsync(snapshots, store.Client, step);
            await CheckpointWriter.SaveAsync(_folder[$"whole-{step}"], store.Client, TestStore.Description, false, Token);
            CheckpointReader delta = CheckpointReader.Open(path), whole = CheckpointReader.Open(_folder[$"whole-{step}"]);
            if (delta.Manifest!.Base is not null) deltas++;
            await delta.VerifyAsync(Token);
            Assert.Equal(whole.Tables.Select(whole.CountRows), delta.Tables.Select(delta.CountRows));
            await SameAsync(path, _folder[$"whole-{step}"], others);
            if (others == shards) Same(await AgainAsync(path, shards, $"again-{step}"), _folder[$"whole-{step}"]);
        }

        Assert.Equal(6, deltas);
    }

    [Fact]
    public async Task Save_KeysRemovedAndCreatedAgain_RemovesOnlyWhatIsAbsent()
    {
        await using ChangingStore store = await ChangingStore.StartAsync(1, 1);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await store.PushAsync(5, 6, 7, 8);
        await SaveAsync(snapshots, store.Client, 1);
        await store.Client.PruneAsync(new PruneRequest(0, Epsilon: 1000), Token);
        await store.PushAsync(9, 6);
        await store.Client.PruneAsync(new PruneRequest(0, Epsilon: 1000), Token);
        await new StoreSession(store.Client).PullAsync(0, [5, 9]);

        string path = await SaveAsync(snapshots, store.Client, 2);

        Assert.Equal([5UL, 9], Keys(Path.Combine(path, "deep__sparse_0.dat")));
        Assert.Equal([6UL, 7, 8], RemovedKeysFile.Read(Path.Combine(path, "deep__removed_0.dat")));
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, 2);
        Assert.Equal(await TestStore.ContentAsync(store.Client), await TestStore.ContentAsync(loaded));
    }

    [Fact]
    public async Task Save_FewRowsChanged_WritesThemAlone()
    {
        await using ChangingStore store = await ChangingStore.StartAsync(1, 1);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await store.PushAsync([.. Enumerable.Range(1, 500).Select(i => (ulong)i)]);
        await SaveAsync(snapshots, store.Client, 1);
        await store.PushAsync(17, 400);
        await new StoreSession(store.Client).PullAsync(0, [1, 2, 3]);

        CheckpointReader delta = CheckpointReader.Open(await SaveAsync(snapshots, store.Client, 2));

        Assert.Equal([17UL, 400], Keys(Path.Combine(delta.Directory, "deep__sparse_0.dat")));
        Assert.Equal((2, "step-00000001"), (delta.Manifest!.FormatVersion, delta.Manifest.Base!.Folder));
        Assert.Equal([500, 0], delta.Tables.Select(delta.CountRows));
    }

    [Fact]
    public async Task Save_RowsWereImported_HasThem()
    {
        await using ChangingStore store = await ChangingStore.StartAsync(1, 2), other = await ChangingStore.StartAsync(2, 1);
        await other.PushAsync(3, 4, 900);
        await CheckpointWriter.SaveAsync(_folder["other"], other.Client, TestStore.Description, false, Token);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await store.PushAsync(3, 5, 6);
        await SaveAsync(snapshots, store.Client, 1);
        await new TableImport { Table = "deep", Path = Path.Combine(_folder["other"], "deep__sparse_0.dat") }.RunAsync(store.Client, Token);

        string path = await SaveAsync(snapshots, store.Client, 2);

        Assert.Equal([3UL], Keys(Path.Combine(path, "deep__sparse_1.dat")));
        Assert.Equal([4UL, 900], Keys(Path.Combine(path, "deep__sparse_0.dat")));
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, 1);
        Assert.Equal(await TestStore.ContentAsync(store.Client), await TestStore.ContentAsync(loaded));
    }

    [Theory]
    [InlineData("aged")]
    [InlineData("cleared")]
    [InlineData("many")]
    public async Task Save_ChangesAreNotKnown_IsWhole(string why)
    {
        await using ChangingStore store = await ChangingStore.StartAsync(1, 1);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await store.ChangeAsync(40);
        await SaveAsync(snapshots, store.Client, 1);
        PruneRequest request = new(MaxAge: why == "aged" ? 9 : null, All: why == "cleared");
        if (why != "many") await store.Client.PruneAsync(request, Token);
        else await store.PushAsync([.. Enumerable.Range(1, 20_000).Select(i => (ulong)i)]);
        string path = await SaveAsync(snapshots, store.Client, 2);

        // The other table is a delta where only one has so many new rows.
        Assert.Equal(why == "many", CheckpointReader.Open(path).Manifest!.Base is not null);
        Assert.False(File.Exists(Path.Combine(path, "deep__removed_0.dat")));
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, 1);
        Assert.Equal(await TestStore.ContentAsync(store.Client), await TestStore.ContentAsync(loaded));
    }

    [Fact]
    public async Task Save_TextTables_AreWhole()
    {
        StoreLayout layout = TestStore.Layout();
        layout = layout with { Tables = [layout.Tables[0] with { SaveAsText = true }, layout.Tables[1]] };
        await using ChangingStore store = await ChangingStore.StartAsync(4, 2, layout);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await store.ChangeAsync(60);
        await SaveAsync(snapshots, store.Client, 1);
        await store.ChangeAsync(20);
        string path = await SaveAsync(snapshots, store.Client, 2);
        await CheckpointWriter.SaveAsync(_folder["whole"], store.Client, TestStore.Description, false, Token);

        Assert.Equal(
            ["wide__removed_0.dat", "wide__removed_1.dat"],
            Directory.EnumerateFiles(path, "*__removed_*").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(_folder["whole"], "deep__sparse_1.dat"), Token), await File.ReadAllTextAsync(Path.Combine(path, "deep__sparse_1.dat"), Token));
        await SameAsync(path, _folder["whole"], 3, layout);
    }

    [Fact]
    public async Task Save_ShardsAreOthers_IsWhole()
    {
        await using ChangingStore first = await ChangingStore.StartAsync(1, 2), second = await ChangingStore.StartAsync(2, 2);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await first.ChangeAsync(30);
        await SaveAsync(snapshots, first.Client, 1);
        await CheckpointReader.Open(snapshots.PathOf(1)).LoadAsync(second.Client, new CheckpointLoadOptions(), Token);
        await second.ChangeAsync(30);

        string path = await SaveAsync(snapshots, second.Client, 2);

        Assert.Null(CheckpointReader.Open(path).Manifest!.Base);
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, 2);
        Assert.Equal(await TestStore.ContentAsync(second.Client), await TestStore.ContentAsync(loaded));
    }

    [Fact]
    public async Task Save_CanceledOrNotPublished_LosesNothing()
    {
        await using ChangingStore store = await ChangingStore.StartAsync(5, 2);
        SnapshotStore snapshots = new(_folder["s"], 9, 9);
        await store.ChangeAsync(60);
        await SaveAsync(snapshots, store.Client, 1);
        await store.ChangeAsync(10);
        using (CheckpointWriter writer = snapshots.Begin(2)) await writer.WriteStoreAsync(store.Client, 0, Token);
        await store.ChangeAsync(10);
        using (CancellationTokenSource stop = new())
        using (CheckpointWriter writer = snapshots.Begin(3))
        {
            Task<CheckpointProgress> waiting = writer.WriteStoreAsync(store.Client, 7, stop.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await store.ChangeAsync(10);
        string path = await SaveAsync(snapshots, store.Client, 4);

        Assert.Equal("step-00000001", CheckpointReader.Open(path).Manifest!.Base!.Folder);
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, 1);
        Assert.Equal(await TestStore.ContentAsync(store.Client), await TestStore.ContentAsync(loaded));
    }

    static async Task<string> SaveAsync(SnapshotStore snapshots, ParameterClient client, long step)
    {
        using CheckpointWriter writer = snapshots.Begin(step);
        await writer.WriteStoreAsync(client, 0, Token);
        writer.Publish(TestStore.Description);
        return writer.Directory;
    }

    async Task<string> AgainAsync(string path, int shards, string name, StoreLayout? layout = null)
    {
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, shards, layout);
        await CheckpointWriter.SaveAsync(_folder[name], loaded, TestStore.Description, true, Token);
        return _folder[name];
    }

    async Task SameAsync(string left, string right, int shards, StoreLayout? layout = null) =>
        Same(await AgainAsync(left, shards, "left", layout), await AgainAsync(right, shards, "right", layout));

    static void Same(string left, string right)
    {
        string[] names = [.. Directory.EnumerateFiles(left, "*.dat").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(names, Directory.EnumerateFiles(right, "*.dat").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        foreach (string name in names)
            Assert.Equal(File.ReadAllBytes(Path.Combine(left, name)), File.ReadAllBytes(Path.Combine(right, name)));
    }

    static ulong[] Keys(string path)
    {
        using TableFileReader file = TableFileReader.Open(path);
        ulong[] keys = new ulong[file.Count];
        file.ReadKeys(0, keys);
        return keys;
    }
}
