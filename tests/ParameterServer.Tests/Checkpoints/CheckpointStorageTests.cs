using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.Testing.Stores;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>What checkpoints promise, on the disk and on every kind of remote storage.</summary>
public sealed class CheckpointStorageTests : IDisposable
{
    readonly TestFolder _local = new();

    public static TheoryData<string> Kinds => ["local", "s3", "hdfs"];

    static CancellationToken Token => TestStore.Token;

    public void Dispose() => _local.Dispose();

    [Theory, MemberData(nameof(Kinds))]
    public async Task Load_AnyNumberOfShards_HasTheSavedContent(string kind)
    {
        string path = Place(kind);
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        Assert.Equal(StorageLocation.Normalize(path), CheckpointReader.Open(path).Directory);
        foreach (int shards in new[] { 1, 2, 3 })
        {
            await using ParameterClient loaded = await TestStore.LoadedAsync(path, shards);
            Assert.Equal(await TestStore.ContentAsync(saved), await TestStore.ContentAsync(loaded));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Save_AnyPlace_WritesTheSameFiles(string kind)
    {
        string path = Place(kind);
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        CheckpointManifest manifest = await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        CheckpointManifest local = await CheckpointWriter.SaveAsync(_local["other"], saved, TestStore.Description, false, Token);
        Assert.Equal(local.Files, manifest.Files);
        IObjectFolder data = ObjectFolder.Open(manifest.DataFolder is { } name ? StorageLocation.Join(path, name) : path);
        foreach (CheckpointFile file in manifest.Files)
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_local["other"], file.Name), Token), await data.TryGetAsync(file.Name, Token));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Read_SavedCheckpoint_GivesSizesAndTensors(string kind)
    {
        string path = Place(kind);
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        CheckpointReader reader = CheckpointReader.Open(path);
        await reader.VerifyAsync(Token);
        Assert.True(CheckpointReader.Exists(path));
        Assert.Equal([8L, 8L], reader.Tables.Select(reader.CountRows));
        Assert.Equal(reader.Manifest!.Files.Where(file => file.Name.StartsWith("deep__sparse_", StringComparison.Ordinal) && file.Name.EndsWith(".dat", StringComparison.Ordinal)).Sum(file => file.Length), reader.CountBytes(reader.Tables[0]));
        Assert.Equal([0, 0, 0, 63], reader.ReadDense("bias"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Save_FailsMidway_LeavesTheEarlierCheckpoint(string kind)
    {
        string path = Place(kind);
        await using ParameterClient first = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(path, first, TestStore.Description, false, Token);
        string expected = await TestStore.ContentAsync(first);
        await using ChangingStore second = await ChangingStore.StartAsync(5, 2);
        await second.ChangeAsync(5);
        second.FailNextSave();
        await Assert.ThrowsAnyAsync<Exception>(() => CheckpointWriter.SaveAsync(path, second.Client, TestStore.Description, true, Token));
        await CheckpointReader.Open(path).VerifyAsync(Token);
        await using ParameterClient loaded = await TestStore.LoadedAsync(path, 2);
        Assert.Equal(expected, await TestStore.ContentAsync(loaded));

        await CheckpointWriter.SaveAsync(path, second.Client, TestStore.Description, true, Token);
        CheckpointReader replaced = CheckpointReader.Open(path);
        await replaced.VerifyAsync(Token);
        Assert.Equal(replaced.Manifest!.Files.Count + 1, (await ObjectFolder.Open(path).ListAsync("", Token)).Count);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Save_NothingPublished_IsNoCheckpoint(string kind)
    {
        string path = Place(kind);
        await using ChangingStore store = await ChangingStore.StartAsync(5, 2);
        store.FailNextSave();
        await Assert.ThrowsAnyAsync<Exception>(() => CheckpointWriter.SaveAsync(path, store.Client, TestStore.Description, false, Token));
        Assert.False(CheckpointReader.Exists(path));
        await CheckpointWriter.SaveAsync(path, store.Client, TestStore.Description, false, Token);
        Assert.True(CheckpointReader.Exists(path));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Save_SomethingThere_IsRefused(string kind)
    {
        string path = Place(kind);
        await using ParameterClient saved = await TestStore.TrainedAsync(1);
        IObjectFolder folder = ObjectFolder.Open(path);
        await folder.PutAsync("notes.txt", new byte[] { 1 }, Token);
        BadInputException other = await Assert.ThrowsAsync<BadInputException>(() => CheckpointWriter.SaveAsync(path, saved, TestStore.Description, true, Token));
        Assert.Equal(
            $"can't write a checkpoint to '{path}': expected a checkpoint or nothing, found a folder with other files, which is never deleted; choose another path", other.Message);
        await folder.DeleteAllAsync(Token);
        await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        BadInputException again = await Assert.ThrowsAsync<BadInputException>(() => CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token));
        Assert.Equal($"can't write a checkpoint to '{path}': there is one already; allow to overwrite it or choose another path", again.Message);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Verify_DamagedFiles_NamesEach(string kind)
    {
        string path = Place(kind);
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        CheckpointManifest manifest = await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        IObjectFolder data = ObjectFolder.Open(manifest.DataFolder is { } name ? StorageLocation.Join(path, name) : path);
        byte[] table = (await data.TryGetAsync("deep__sparse_0.dat", Token))!;
        table[^1] ^= 1;
        await data.PutAsync("deep__sparse_0.dat", table, Token);
        await data.PutAsync("wide__sparse_1.dat", table.AsMemory(0, 10), Token);
        await data.DeleteAsync("bias__dense_data.dat", Token);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => CheckpointReader.Open(path).VerifyAsync(Token));
        Assert.Equal(3, error.Problems.Count);
        Assert.StartsWith($"checkpoint '{path}', file 'bias__dense_data.dat' is missing", error.Problems[0], StringComparison.Ordinal);
        Assert.Matches("file 'deep__sparse_0.dat': expected the hash [0-9a-f]{16}, found", error.Problems[1]);
        Assert.Contains("file 'wide__sparse_1.dat': expected", error.Problems[2], StringComparison.Ordinal);
        Assert.Contains("bytes, found 10: it is cut off", error.Problems[2], StringComparison.Ordinal);
        BadInputException load = await Assert.ThrowsAsync<BadInputException>(() => TestStore.LoadedAsync(path, 1, options: new CheckpointLoadOptions { Verify = false }));
        Assert.Contains(StorageLocation.Join(data.Location.ToString(), "bias__dense_data.dat"), load.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Snapshots_WithDeltas_ResumeAndTrim(string kind)
    {
        string path = Place(kind);
        await using ChangingStore store = await ChangingStore.StartAsync(3, 2);
        SnapshotStore snapshots = new(path, 2, 3);
        for (int step = 1; step <= 5; step++)
        {
            await store.ChangeAsync(12);
            using CheckpointWriter writer = snapshots.Begin(step);
            await writer.WriteStoreAsync(store.Client, 0, Token);
            writer.Publish(TestStore.Description);
            snapshots.Trim();
        }

        Assert.Equal([5, 4], snapshots.Steps.Take(2));
        CheckpointReader newest = new SnapshotStore(path, 2).OpenNewest()!;
        Assert.Equal(snapshots.PathOf(5), newest.Directory);
        Assert.Equal("step-00000004", newest.Manifest!.Base!.Folder);
        await using ParameterClient loaded = await TestStore.LoadedAsync(newest.Directory, 3);
        Assert.Equal(await TestStore.ContentAsync(store.Client), await TestStore.ContentAsync(loaded));
        Assert.Equal((await store.Client.GetStatisticsAsync(Token)).Sum(s => s.Tables[0].Rows), newest.CountRows(newest.Tables[0]));
        await ObjectFolder.Open(snapshots.PathOf(4)).DeleteAsync("manifest.json", Token);
        Assert.Contains(
            $"checkpoint '{snapshots.PathOf(5)}' is a delta of '{snapshots.PathOf(4)}': expected that checkpoint, found nothing",
            Assert.Throws<BadInputException>(() => snapshots.OpenNewest()).Message,
            StringComparison.Ordinal);
        snapshots.Clear();
        Assert.Empty(snapshots.Steps);
    }

    [Theory]
    [InlineData("s3")]
    [InlineData("hdfs")]
    public async Task Open_FilesWithoutAManifest_IsNoCheckpoint(string kind)
    {
        string path = Place(kind);
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        CheckpointManifest manifest = await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        await ObjectFolder.Open(path).DeleteAsync("manifest.json", Token);
        Assert.Contains($"'{path}' is no checkpoint", Assert.Throws<BadInputException>(() => CheckpointReader.Open(path)).Message, StringComparison.Ordinal);
        Assert.Empty(new SnapshotStore(StorageLocation.Parse(path).Parent.ToString(), 1).Steps);
        // What the lost write left goes away with the next one, and what it still uploads then is named by nothing.
        CheckpointManifest second = await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        Assert.NotEqual(manifest.DataFolder, second.DataFolder);
        await ObjectFolder.Open(path).PutAsync($"{manifest.DataFolder}/deep__sparse_0.dat", new byte[] { 1 }, Token);
        await CheckpointReader.Open(path).VerifyAsync(Token);
    }

    [Fact]
    public async Task Open_RemoteCheckpointCopiedToTheDisk_Loads()
    {
        string path = Place("s3");
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        IObjectFolder from = ObjectFolder.Open(path), to = ObjectFolder.Open(_local["copy"]);
        foreach (StoredObject one in await from.ListAsync("", Token)) await to.PutAsync(one.Name, await from.TryGetAsync(one.Name, Token), Token);
        await using ParameterClient loaded = await TestStore.LoadedAsync(_local["copy"], 3);
        Assert.Equal(await TestStore.ContentAsync(saved), await TestStore.ContentAsync(loaded));
    }

    [Fact]
    public async Task Save_ManifestDenied_KeepsTheEarlierAndSaysWhy()
    {
        string path = Place("s3"), name = StorageLocation.Parse(path).Path;
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(path, saved, TestStore.Description, false, Token);
        TestStores.S3.Faults.Add("PUT", $"{name}/manifest.json", StoreFault.Denied);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => CheckpointWriter.SaveAsync(path, saved, TestStore.Description, true, Token));
        Assert.Equal(
            $"writing '{path}/manifest.json' failed: {TestStores.S3.Address} denies it (403 AccessDenied: Access Denied). Allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket on the bucket 'tests' to these credentials",
            error.Message);
        await CheckpointReader.Open(path).VerifyAsync(Token);
    }

    [Fact]
    public async Task Save_StoreFails_SaysWhatIsLeft()
    {
        string path = Place("hdfs"), name = StorageLocation.Parse(path).Path;
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        TestStores.Hdfs.Faults.Add("CREATE", name, StoreFault.ServerError);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => CheckpointWriter.SaveAsync(path, saved, TestStore.Description, true, Token));
        Assert.StartsWith($"saving the checkpoint '{path}' failed: writing '{path}/data-", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{TestStores.Hdfs.Address} answered 500 IOException: something failed, also when asked again. Try again when HDFS is well. A checkpoint that was there is intact.", error.Message, StringComparison.Ordinal);
        TestStores.Hdfs.Faults.Clear(name);
        Assert.Empty(await ObjectFolder.Open(path).ListAsync("", Token));
    }

    string Place(string kind) => kind == "local" ? _local["c"] : TestStores.NewLocation(kind);
}
