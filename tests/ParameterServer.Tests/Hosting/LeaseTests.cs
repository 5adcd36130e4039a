using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Checkpoints;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>What becomes of a shard that nobody calls.</summary>
public sealed class LeaseTests : IDisposable
{
    const string Over = "Nobody called the shard for 30 minutes: its lease is over. ";

    readonly TestFolder _folder = new();
    readonly SeparateClocks _clock = new();

    public void Dispose() => _folder.Dispose();

    static StoreLayout Layout => TestShard.Layout() with { HashMode = HashMode.MetaSpore, Generation = 1 };

    string Snapshot(int shard) => _folder[$"rows/lease-{Layout.RunId:N}-g1-shard-{shard}"];

    [Fact]
    public async Task End_OfTheOnlyShard_LeavesACheckpoint()
    {
        await using TestShard shard = await StartAsync(0, 1);
        await TestShard.StepAsync(shard.Channel, 0, keys: 50);
        await shard.Channel.WriteDenseAsync(new DenseSlice(0, [.. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f)], null), TestShard.Token);

        await EndAsync(shard);

        Assert.Equal($"{Over}Its rows are in '{Snapshot(0)}'.", shard.Host.LeaseReport);
        CheckpointReader reader = CheckpointReader.Open(Snapshot(0));
        Assert.Equal((HashMode.MetaSpore, 1, 1L), (reader.HashMode, reader.Manifest!.Generation, reader.Manifest.Progress.NextSteps.Single()));
        foreach (int shards in (int[])[1, 2])
        {
            await using ParameterClient client = ParameterClient.CreateLocal(Layout, shards);
            await reader.LoadAsync(client, new CheckpointLoadOptions(), TestShard.Token);
            StoreSession session = new(client);
            float[] rows = await session.PullAsync(0, [.. Enumerable.Range(1, 51).Select(key => (ulong)key)], readOnly: true, nanFill: true);
            Assert.All(rows[..^TestShard.Dimension], value => Assert.Equal(-1, value));
            Assert.All(rows[^TestShard.Dimension..], value => Assert.Equal(float.NaN, value));
            float[] dense = await session.PullDenseAsync(0);
            Assert.Equal([3f, 4f], dense);
        }
    }

    [Fact]
    public async Task End_OfOneOfTwoShards_LeavesAPartThatReadersRefuse()
    {
        await using TestShard shard = await StartAsync(1, 2);

        await EndAsync(shard);

        CheckpointReader reader = CheckpointReader.Open(Snapshot(1));
        await reader.VerifyAsync(TestShard.Token);
        Assert.Equal((2, 2), (reader.Manifest!.Store.ShardCount, reader.Tables.Single().PartitionCount));
        Assert.Equal(["user__sparse_1.dat"], reader.Manifest.Files.Select(file => file.Name).Where(name => name.Contains("sparse_1", StringComparison.Ordinal)));
        await using ParameterClient client = ParameterClient.CreateLocal(Layout, 1);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => reader.LoadAsync(client, new CheckpointLoadOptions(), TestShard.Token));
        Assert.Contains(Snapshot(1), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_WithoutAFolderOrWithNothingToWrite_SaysSo()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(Options(null), TestShard.Connection);
        await EndAsync(shard);
        Assert.Equal($"{Over}What it held is dropped: no folder for its rows was given.", shard.Host.LeaseReport);

        await using TestShard empty = await TestShard.StartAsync(Options(_folder["rows"]));
        await EndAsync(empty);
        Assert.Equal($"{Over}It held nothing.", empty.Host.LeaseReport);
        Assert.False(Directory.Exists(_folder["rows"]));
    }

    [Fact]
    public async Task End_WhenTheRowsCanNotBeWritten_Fails()
    {
        File.WriteAllText(_folder["rows"], "no folder");
        await using TestShard shard = await StartAsync(0, 1);

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => EndAsync(shard));

        Assert.StartsWith($"{Over}Its rows could not be written: saving the checkpoint '{Snapshot(0)}' failed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhileTheRowsAreWritten_RenewsTheLease()
    {
        await using TestShard shard = await StartAsync(0, 1);

        // A snapshot that waits for its marker holds the lease's up; the marker's call renews it.
        Task<ShardSnapshot> waiting = shard.Host.Shard.Channel.SaveAsync(new SnapshotRequest(1, _folder.Path), TestShard.Token).AsTask();
        Pass();
        Task writing = shard.Host.Lease!.Writing;
        Assert.False(writing.IsCompleted);
        await shard.Channel.ExchangeAsync(new StepExchange { Step = new StepKey(Layout.RunId, 1, 0, 0, -1), SnapshotId = 1 }, TestShard.Token);
        await waiting;
        await writing.WaitAsync(TimeSpan.FromMinutes(1), TestShard.Token);
        Assert.Null(shard.Host.LeaseReport);
        Assert.False(shard.Host.StopRequested.IsCompleted);

        await TestShard.StepAsync(shard.Channel, 0);
        await EndAsync(shard);
        Assert.Equal(1, CheckpointReader.Open(Snapshot(0)).Manifest!.Progress.AppliedSteps);
    }

    Task<TestShard> StartAsync(int number, int count) =>
        TestShard.StartReadyAsync(Options(_folder["rows"]), layout: Layout, number: number, count: count);

    ParameterServer.Hosting.ShardHostOptions Options(string? folder) => TestShard.HostOptions with
    {
        Lease = TimeSpan.FromMinutes(30),
        LeaseSnapshotFolder = folder,
        Shard = new() { TimeProvider = _clock },
    };

    async Task EndAsync(TestShard shard)
    {
        Pass();
        await shard.Host.StopRequested.WaitAsync(TimeSpan.FromMinutes(1), TestShard.Token);
    }

    void Pass()
    {
        _clock.Elapsed += TimeSpan.FromMinutes(31);
        _clock.Tick();
    }
}
