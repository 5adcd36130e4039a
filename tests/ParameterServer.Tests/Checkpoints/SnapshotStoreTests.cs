using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

public sealed class SnapshotStoreTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenNewest_NoFolder_IsNull()
    {
        SnapshotStore snapshots = new(_folder["s"], 2);
        Assert.Null(snapshots.OpenNewest());
        snapshots.Trim();
        Assert.False(Directory.Exists(_folder["s"]));
    }

    [Fact]
    public async Task Trim_MoreThanKeep_LeavesTheNewestComplete()
    {
        SnapshotStore snapshots = await WithAsync(500, 1000, 99_999_999, 100_000_000);
        Directory.CreateDirectory(snapshots.PathOf(200_000_000));
        Directory.CreateDirectory(snapshots.PathOf(1500) + ".tmp-12345678");
        Directory.CreateDirectory(Path.Combine(_folder["s"], "step-notes"));
        Assert.Equal([100_000_000, 99_999_999, 1000, 500], snapshots.Steps);
        Assert.EndsWith("step-100000000", snapshots.OpenNewest()!.Directory, StringComparison.Ordinal);
        snapshots.Trim();
        Assert.Equal(
            ["step-100000000", "step-99999999", "step-notes"],
            Directory.EnumerateDirectories(_folder["s"]).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
        snapshots.Clear();
        Assert.Empty(snapshots.Steps);
    }

    [Fact]
    public async Task OpenNewest_DamagedManifest_SaysHowToFallBack()
    {
        SnapshotStore snapshots = await WithAsync(500, 1000);
        string manifest = Path.Combine(snapshots.PathOf(1000), "manifest.json");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest, Token)).Replace("\"epoch\": 0", "\"epoch\": 1", StringComparison.Ordinal), Token);
        BadInputException error = Assert.Throws<BadInputException>(() => snapshots.OpenNewest());
        Assert.Contains($"(delete '{snapshots.PathOf(1000)}' to resume from the snapshot before it)", error.Message, StringComparison.Ordinal);
        Directory.Delete(snapshots.PathOf(1000), recursive: true);
        Assert.EndsWith("step-00000500", snapshots.OpenNewest()!.Directory, StringComparison.Ordinal);
    }

    async Task<SnapshotStore> WithAsync(params long[] steps)
    {
        SnapshotStore snapshots = new(_folder["s"], 2);
        await using ParameterClient client = await TestStore.TrainedAsync(1);
        foreach (long step in steps)
        {
            using CheckpointWriter writer = snapshots.Begin(step);
            await writer.WriteStoreAsync(client, 0, Token);
            writer.Publish(TestStore.Description);
        }

        return snapshots;
    }
}
