using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Checkpoints;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>Aligned snapshots, and their return into any number of shards.</summary>
public abstract partial class ParameterStoreConformance
{
    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task Snapshot_WorkersAtDifferentSteps_HoldsExactlyTheStepsBeforeTheMarkers(int shardCount)
    {
        string folder = Directory.CreateTempSubdirectory("store").FullName;
        try
        {
            await using ParameterClient client = await StartAsync(Layout(workers: 2), shardCount);
            ulong[] keys = [.. s_keyPool.Skip(1)];
            Task<ShardSnapshot[]> saving = client.SaveAsync(new SnapshotRequest(1, folder), StoreSession.Token);
            await Task.WhenAll(Task.Run(() => TrainAsync(client, 0, markerAt: 3)), Task.Run(() => TrainAsync(client, 1, markerAt: 6)));
            ShardSnapshot[] snapshots = await saving;

            Assert.All(snapshots, s => Assert.Equal([4L, 7], s.NextSteps));
            Assert.All(snapshots, s => Assert.Equal(11, s.AppliedSteps));
            DenseSlice dense = client.Join(0, [.. snapshots.Select(s => s.Dense[0])]);
            Assert.All(ToFloats(dense.Values), value => Assert.Equal(-11, value));

            foreach (int other in new[] { 1, 2, 3 })
            {
                await using ParameterClient restored = await StartAsync(Layout(), other);
                string[] paths = [.. Enumerable.Range(0, shardCount).Select(s => Path.Combine(folder, $"ctr.user__sparse_{s}.dat"))];
                await restored.LoadAsync(new TableLoad(0, paths, AppliedSteps: 11), StoreSession.Token);
                float[] rows = await new StoreSession(restored).PullAsync(0, keys, readOnly: true);
                Assert.All(rows, value => Assert.Equal(1 - (0.5f * 11), value));
                Assert.All(await restored.GetStatisticsAsync(StoreSession.Token), s => Assert.Equal(11, s.AppliedSteps));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static async Task TrainAsync(ParameterClient client, int worker, int markerAt)
        {
            StoreSession session = new(client, worker);
            ulong[] keys = [.. s_keyPool.Skip(1)];
            for (int t = 0; t < 10; t++)
            {
                await session.PushAsync(new Push(keys, [.. Enumerable.Repeat(1f, keys.Length * 2)])
                {
                    Dense = [.. Enumerable.Repeat(2f, 15)],
                    Snapshot = t == markerAt ? 1 : 0,
                });
            }
        }
    }

    [Fact]
    public async Task Snapshot_SinceAMark_HoldsWhatChangedSinceThen()
    {
        string first = Directory.CreateTempSubdirectory("store").FullName, second = Directory.CreateTempSubdirectory("store").FullName;
        try
        {
            await using ParameterClient client = await StartAsync(Layout(), 2);
            StoreSession session = new(client);
            Guid one = new("00000000-0000-0000-0000-000000000001"), two = new("00000000-0000-0000-0000-000000000002");
            await session.PushAsync(new Push([1, 2, 3, 4], [1, 1, 1, 1, 1, 1, 1, 1]));
            using Blocks blocks = new();
            await client.WriteRowsAsync(new SparsePush(0, blocks.Of<ulong>([1, 4]), blocks.Zeros<float>(4)), StoreSession.Token);
            await client.SaveAsync(new SnapshotRequest(0, first, one), StoreSession.Token);
            await client.PruneAsync(new PruneRequest(0, Epsilon: 0), StoreSession.Token);
            await session.PushAsync(new Push([2, 5], [1, 1, 1, 1]));
            ShardSnapshot[] saved = await client.SaveAsync(new SnapshotRequest(0, second, two, one), StoreSession.Token);

            Assert.Contains("ctr.user__removed_1.dat", saved[1].Files.Select(f => f.Name));
            await using ParameterClient restored = await StartAsync(Layout(), 3);
            string[] Paths(string folder, string kind) => [.. Enumerable.Range(0, 2).Select(s => Path.Combine(folder, $"ctr.user__{kind}_{s}.dat"))];
            await restored.LoadAsync(new TableLoad(0, Paths(first, "sparse")), StoreSession.Token);
            await restored.LoadAsync(
                new TableLoad(0, Paths(second, "sparse"), RemovedPaths: Paths(second, "removed"), PartCount: 2), StoreSession.Token);
            float[] rows = await new StoreSession(restored).PullAsync(0, [1, 2, 3, 4, 5], readOnly: true, nanFill: true);
            Same([float.NaN, float.NaN, 0, 0, 0.5f, 0.5f, float.NaN, float.NaN, 0.5f, 0.5f], rows);
        }
        finally
        {
            Directory.Delete(first, recursive: true);
            Directory.Delete(second, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(ShardCounts))]
    public async Task LoadCheckpoint_IntoAStoreThatWentOn_LeavesNothingOfWhatCameLater(int shardCount)
    {
        using TestFolder folder = new();
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);
        ulong[] keys = [.. s_keyPool.Skip(1)];
        await session.PushAsync(new Push(keys, [.. Enumerable.Repeat(1f, keys.Length * 2)]) { Dense = [.. Enumerable.Repeat(2f, 15)] });
        await session.PushAsync(new Push(keys[..3], [.. Enumerable.Repeat(1f, 9)]) { Table = 1 });
        await client.PruneAsync(new PruneRequest(MaxAge: 9), StoreSession.Token);
        await CheckpointWriter.SaveAsync(folder["best"], client, TestStore.Description, false, StoreSession.Token);

        ulong[] later = [.. Enumerable.Range(1, 50).Select(i => (ulong)i << 40)];
        await session.PushAsync(new Push(later, [.. Enumerable.Repeat(1f, later.Length * 2)]) { Dense = [.. Enumerable.Repeat(2f, 15)] });
        await session.PushAsync(new Push([.. later, keys[0]], [.. Enumerable.Repeat(1f, (later.Length + 1) * 3)]) { Table = 1 });
        await client.PruneAsync(new PruneRequest(MaxAge: 9), StoreSession.Token);
        await CheckpointReader.Open(folder["best"]).LoadAsync(client, new CheckpointLoadOptions(), StoreSession.Token);
        await CheckpointWriter.SaveAsync(folder["again"], client, TestStore.Description, false, StoreSession.Token);

        string[] files = [.. Directory.EnumerateFiles(folder["best"], "*.dat").Select(path => Path.GetFileName(path)!)];
        Assert.Equal((2 * shardCount) + 3, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(folder["best"], file)), File.ReadAllBytes(Path.Combine(folder["again"], file))));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Exchange_RequestThatDoesNotFitTheLayout_IsRefusedBeforeItIsSplit(int shardCount)
    {
        await using ParameterClient client = await StartAsync(Layout(), shardCount);
        StoreSession session = new(client);

        ArgumentException rows = await Assert.ThrowsAsync<ArgumentException>(() => session.PushAsync(new Push([1, 2], [1, 2, 3])));
        ArgumentException dense = await Assert.ThrowsAsync<ArgumentException>(() => session.PushAsync(Push.Nothing with { Dense = [1, 2] }));
        ArgumentException table = await Assert.ThrowsAsync<ArgumentException>(
            () => client.WriteRowsAsync(new SparsePush(2, default, default), StoreSession.Token));

        Assert.Contains("'ctr.user': gradients of 12 bytes, expected 16", rows.Message);
        Assert.Contains("'_dense.0.weight': gradient of 8 bytes, expected 60", dense.Message);
        Assert.Contains("table 2 of 2", table.Message);
    }
}
