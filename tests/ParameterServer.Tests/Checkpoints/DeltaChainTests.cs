using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>The folders of a delta stay together; where one is missing or damaged it is said which.</summary>
public sealed class DeltaChainTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 3, "1|12|123|4|45|456|7")]
    [InlineData(2, 3, "1|12|123|1234|45|456|4567")]
    [InlineData(2, 1, "1|12|23|34|45|56|67")]
    [InlineData(3, 2, "1|12|123|1234|345|3456|567")]
    public async Task Trim_LeavesTheNewestAndWhatTheyNeed(int keep, int wholeEvery, string expected)
    {
        await using ChangingStore store = await ChangingStore.StartAsync(1, 1);
        SnapshotStore snapshots = new(_folder["s"], keep, wholeEvery);
        List<string> left = [];
        for (int step = 1; step <= 7; step++)
        {
            await SaveAsync(snapshots, store, step);
            snapshots.Trim();
            left.Add(string.Concat(snapshots.Steps.Order()));
            await CheckpointReader.Open(snapshots.PathOf(step)).VerifyAsync(Token);
        }

        Assert.Equal(expected, string.Join('|', left));
    }

    [Fact]
    public async Task Begin_AFolderOfTheChainIsToBeReplaced_IsWhole()
    {
        await using ChangingStore store = await ChangingStore.StartAsync(1, 1);
        SnapshotStore snapshots = new(_folder["s"], 5, 9);
        foreach (int step in (int[])[1, 2, 2, 3]) await SaveAsync(snapshots, store, step);

        Assert.Null(CheckpointReader.Open(snapshots.PathOf(2)).Manifest!.Base);
        Assert.Equal("step-00000002", CheckpointReader.Open(snapshots.PathOf(3)).Manifest!.Base!.Folder);
        await using ParameterClient loaded = await TestStore.LoadedAsync(snapshots.PathOf(3), 1);
        Assert.Equal(await TestStore.ContentAsync(store.Client), await TestStore.ContentAsync(loaded));
    }

    [Fact]
    public async Task Begin_TheLastSnapshotIsGone_IsWhole()
    {
        (SnapshotStore snapshots, ChangingStore store) = await ChainAsync();
        await using ChangingStore disposed = store;
        Directory.Delete(snapshots.PathOf(3), recursive: true);
        await SaveAsync(snapshots, store, 4);
        Assert.Null(CheckpointReader.Open(snapshots.PathOf(4)).Manifest!.Base);
    }

    [Fact]
    public async Task Open_BaseIsMissing_NamesBothFolders()
    {
        (SnapshotStore snapshots, ChangingStore store) = await ChainAsync();
        await using ChangingStore disposed = store;
        Directory.Delete(snapshots.PathOf(1), recursive: true);

        string expected = $"checkpoint '{snapshots.PathOf(2)}' is a delta of '{snapshots.PathOf(1)}': expected that checkpoint, found nothing; "
            + "restore that folder from a copy, or use an earlier checkpoint";
        Assert.Equal(expected, Assert.Throws<BadInputException>(() => CheckpointReader.Open(snapshots.PathOf(3))).Message);
        Assert.Equal(
            $"{expected} (delete '{snapshots.PathOf(3)}' to resume from the snapshot before it)",
            Assert.Throws<BadInputException>(() => snapshots.OpenNewest()).Message);
    }

    [Fact]
    public async Task Open_BaseIsAnotherOne_SaysSo()
    {
        (SnapshotStore snapshots, ChangingStore store) = await ChainAsync();
        await using ChangingStore disposed = store;
        string hash = CheckpointReader.Open(snapshots.PathOf(3)).Manifest!.Base!.ManifestHash;
        await CheckpointWriter.SaveAsync(snapshots.PathOf(2), store.Client, TestStore.Description, overwrite: true, Token);

        BadInputException error = Assert.Throws<BadInputException>(() => CheckpointReader.Open(snapshots.PathOf(3)));

        Assert.StartsWith(
            $"checkpoint '{snapshots.PathOf(3)}' is a delta of '{snapshots.PathOf(2)}': expected its manifest with the hash {hash}, found ",
            error.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "deep__sparse_0.dat")]
    [InlineData(2, "wide__sparse_1.dat")]
    [InlineData(3, "deep__removed_1.dat")]
    [InlineData(3, "deep__sparse_0.dat")]
    [InlineData(3, "dnn.0.weight__dense_data.dat")]
    public async Task Verify_AFlippedBitInAnyFolder_NamesTheFile(int step, string file)
    {
        (SnapshotStore snapshots, ChangingStore store) = await ChainAsync();
        await using ChangingStore disposed = store;
        string path = Path.Combine(snapshots.PathOf(step), file);
        byte[] content = await File.ReadAllBytesAsync(path, Token);
        content[^1] ^= 4;
        await File.WriteAllBytesAsync(path, content, Token);

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => CheckpointReader.Open(snapshots.PathOf(3)).VerifyAsync(Token));

        Assert.StartsWith($"checkpoint '{snapshots.PathOf(step)}', file '{file}': expected the hash ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemovedKeys_Damaged_AreRefused()
    {
        RemovedKeysFile.Write(_folder["good"], [3, 5, ulong.MaxValue]);
        Assert.Equal([3, 5, ulong.MaxValue], RemovedKeysFile.Read(_folder["good"]));
        byte[] content = await File.ReadAllBytesAsync(_folder["good"], Token);
        for (int length = 0; length < content.Length; length++) Refuse(content[..length]);
        Refuse([.. content, 0]);
        Refuse([.. content[..16], .. content[24..32], .. content[16..24], .. content[32..]]);
        Assert.Contains("are missing", Assert.Throws<BadInputException>(() => RemovedKeysFile.Read(_folder["none"])).Message, StringComparison.Ordinal);

        void Refuse(byte[] bytes)
        {
            File.WriteAllBytes(_folder["bad"], bytes);
            Assert.Contains("it is damaged; restore it from a copy", Assert.Throws<BadInputException>(() => RemovedKeysFile.Read(_folder["bad"])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Import_TableOfADelta_IsRefused()
    {
        (SnapshotStore snapshots, ChangingStore store) = await ChainAsync();
        await using ChangingStore disposed = store;
        TableImport import = new() { Table = "deep", Path = Path.Combine(snapshots.PathOf(3), "deep__sparse_0.dat") };
        Assert.Contains($"found a part of a delta of '{snapshots.PathOf(2)}'", Assert.Single(import.Problems(store.Client.Layout)), StringComparison.Ordinal);
    }

    // 1 is whole, 2 and 3 are deltas.
    async Task<(SnapshotStore Snapshots, ChangingStore Store)> ChainAsync()
    {
        ChangingStore store = await ChangingStore.StartAsync(3, 2);
        SnapshotStore snapshots = new(_folder["s"], 5, 9);
        for (int step = 1; step <= 3; step++)
        {
            if (step == 3) await store.Client.PruneAsync(new PruneRequest(Epsilon: 0.3), Token);
            await SaveAsync(snapshots, store, step);
        }

        return (snapshots, store);
    }

    static async Task SaveAsync(SnapshotStore snapshots, ChangingStore store, long step)
    {
        await store.ChangeAsync(12);
        using CheckpointWriter writer = snapshots.Begin(step);
        await writer.WriteStoreAsync(store.Client, 0, Token);
        writer.Publish(TestStore.Description);
    }
}
