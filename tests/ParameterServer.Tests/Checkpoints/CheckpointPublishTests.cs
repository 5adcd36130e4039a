using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Client;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>A checkpoint appears as a whole or not at all, whatever happens.</summary>
public sealed class CheckpointPublishTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Save_DiskFull_KeepsThePreviousAndSaysSo()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        await using ParameterClient good = await TestStore.TrainedAsync(1);
        await CheckpointWriter.SaveAsync(_folder["c"], good, TestStore.Description, false, Token);
        byte[] before = await File.ReadAllBytesAsync(Path.Combine(_folder["c"], "manifest.json"), Token);
        LocalShardChannel shard = LocalShardChannel.Create(TestStore.Layout(), 0, 1);
        await using ParameterClient full = new(TestStore.Layout(), [new FullDiskChannel(shard)]);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => CheckpointWriter.SaveAsync(_folder["c"], full, TestStore.Description, true, Token));
        Assert.StartsWith($"saving the checkpoint '{_folder["c"]}' failed: No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Contains("The previous checkpoint is intact. What was written has been removed", error.Message, StringComparison.Ordinal);
        Assert.Equal([_folder["c"]], Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(_folder["c"], "manifest.json"), Token));
        await CheckpointReader.Open(_folder["c"]).VerifyAsync(Token);
    }

    [Fact]
    public async Task Save_OverExisting_ReplacesItWhole()
    {
        await using ParameterClient two = await TestStore.TrainedAsync(2);
        await using ParameterClient one = await TestStore.TrainedAsync(1);
        await CheckpointWriter.SaveAsync(_folder["c"], two, TestStore.Description, false, Token);
        await CheckpointWriter.SaveAsync(_folder["c"], one, TestStore.Description, true, Token);
        Assert.False(File.Exists(Path.Combine(_folder["c"], "deep__sparse_1.dat")));
        Assert.Equal([_folder["c"]], Directory.EnumerateFileSystemEntries(_folder.Path));
        await CheckpointReader.Open(_folder["c"]).VerifyAsync(Token);
    }

    [Fact]
    public async Task Create_SomethingInTheWay_IsRefused()
    {
        await using ParameterClient client = await TestStore.TrainedAsync(1);
        await CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, false, Token);
        Assert.Contains("there is one already; allow to overwrite it", Refusal(_folder["c"], false), StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["photos"]);
        await File.WriteAllTextAsync(Path.Combine(_folder["photos"], "a.jpg"), "x", Token);
        Assert.Contains("found a folder with other files, which is never deleted", Refusal(_folder["photos"], true), StringComparison.Ordinal);
        Assert.Contains("expected a folder or nothing, found a file", Refusal(Path.Combine(_folder["photos"], "a.jpg"), true), StringComparison.Ordinal);
        Assert.Contains("saving the checkpoint", Refusal(Path.Combine(_folder["photos"], "a.jpg", "c"), true), StringComparison.Ordinal);
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(_folder["photos"], "a.jpg"), Token));
    }

    [Fact]
    public async Task Dispose_Unpublished_LeavesNothing()
    {
        await using ParameterClient client = await TestStore.TrainedAsync(2);
        using (CheckpointWriter writer = CheckpointWriter.Create(_folder["c"])) await writer.WriteStoreAsync(client, 0, Token);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Open_ProcessEndedBetweenTheRenames_FindsTheNewest()
    {
        await using ParameterClient old = ParameterClient.CreateLocal(TestStore.Layout(), 1);
        await using ParameterClient trained = await TestStore.TrainedAsync(1);
        await CheckpointWriter.SaveAsync(_folder["c"], old, TestStore.Description, false, Token);
        await CheckpointWriter.SaveAsync(_folder["new"], trained, TestStore.Description, false, Token);
        Directory.Move(_folder["c"], _folder["c.old-11111111"]);
        Directory.Move(_folder["new"], _folder["c.tmp-22222222"]);
        Assert.Equal(3, CheckpointReader.Open(_folder["c"]).Manifest!.Progress.AppliedSteps);
        await CheckpointWriter.SaveAsync(_folder["c"], trained, TestStore.Description, true, Token);
        Assert.Equal([_folder["c"]], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Open_ProcessEndedBeforeTheManifest_FindsTheOld()
    {
        await using ParameterClient old = await TestStore.TrainedAsync(1);
        await CheckpointWriter.SaveAsync(_folder["c"], old, TestStore.Description, false, Token);
        Directory.CreateDirectory(_folder["c.tmp-22222222"]);
        File.Copy(Path.Combine(_folder["c"], "deep__sparse_0.dat"), Path.Combine(_folder["c.tmp-22222222"], "deep__sparse_0.dat"));
        Assert.Equal(3, CheckpointReader.Open(_folder["c"]).Manifest!.Progress.AppliedSteps);
        Directory.Move(_folder["c"], _folder["c.old-11111111"]);
        Assert.Equal(3, CheckpointReader.Open(_folder["c"]).Manifest!.Progress.AppliedSteps);
    }

    [Fact]
    public async Task Save_AtRestWhileShardsDiffer_IsRefused()
    {
        LocalShardChannel[] shards = [LocalShardChannel.Create(TestStore.Layout(), 0, 2), LocalShardChannel.Create(TestStore.Layout(), 1, 2)];
        await using ParameterClient client = new(TestStore.Layout(), shards);
        await client.BeginEpochAsync(0, [0], Token);
        StepExchange ahead = new() { Step = new StepKey(client.Layout.RunId, 1, 0, 0, 0) };
        await shards[1].ExchangeAsync(ahead, Token);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, false, Token));
        Assert.Contains("shards 0 and 1 have applied different steps", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    string Refusal(string path, bool overwrite) => Assert.Throws<BadInputException>(() => CheckpointWriter.Create(path, overwrite)).Message;

    /// <summary>A shard whose disk is full when it saves.</summary>
    sealed class FullDiskChannel(IShardChannel inner) : ForwardingChannel
    {
        protected override IShardChannel Inner => inner;

        public override async ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken)
        {
            await inner.SaveAsync(request, cancellationToken);
            await using FileStream stream = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            stream.Write([1, 2, 3]);
            throw new InvalidOperationException("the device took bytes");
        }
    }
}
