using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>Every control call, over the wire.</summary>
public sealed class ControlCallTests
{
    public static TheoryData<string, string> BadLayouts => new()
    {
        { "not JSON", "the layout can't be read: " },
        { "null", "the layout is empty" },
        { Json(l => l with { WorkerCount = 0 }), "the layout can't be held: 0 workers; expected 1 to 65536" },
        { Json(l => l with { Generation = 0 }), "the layout can't be held: attempt 0; expected at least 1" },
        { Json(l => l with { HashMode = (HashMode)9 }), "the layout can't be held: hash mode 9" },
        { Json(l => l with { Mode = (TrainingMode)7 }), "the layout can't be held: mode 7 with a bound of 0" },
        { Json(l => l with { Tables = [l.Tables[0] with { Dimension = 70000 }] }), "the layout can't be held: table 'user' has dimension 70000; expected 1 to 65536" },
        { Json(l => l with { Tables = [l.Tables[0] with { Name = "../user" }] }), "the layout can't be held: name '../user' can't be a part of a file name" },
        { Json(l => l with { Tables = [l.Tables[0], l.Tables[0]] }), "the layout can't be held: name 'user' is there twice" },
        { Json(l => l with { DenseTensors = [l.DenseTensors[0] with { Shape = [1L << 40, 1] }] }), "the layout can't be held: dense tensor 'w' takes more than 2 GiB with its states" },
        { Json(l => l with { DenseTensors = [l.DenseTensors[0] with { Shape = [-1, 1] }] }), "the layout can't be held: dense tensor 'w' has an axis of -1" },
        { Json(l => l with { DenseTensors = [l.DenseTensors[0] with { Shape = [] }] }), "the layout can't be held: dense tensor 'w' has no shape of 1 to 16 axes" },
        { Json(l => l with { Tables = null! }), "the layout can't be held: it has no lists of tables and dense tensors" },
        { Json(l => l with { Tables = [null!] }), "the layout can't be held: a name of 0 characters; expected 1 to 200" },
    };

    [Theory]
    [MemberData(nameof(BadLayouts))]
    public async Task Configure_BadLayout_IsRefusedAndMayComeAgain(string layout, string expected)
    {
        await using TestShard shard = await TestShard.StartAsync();
        using GrpcChannel raw = GrpcChannel.ForAddress(shard.Host.Endpoint);
        Configuration message = new() { Layout = ByteString.CopyFromUtf8(layout), Shard = 0, ShardCount = 1 };

        RpcException error = await Assert.ThrowsAsync<RpcException>(
            async () => await new ShardControl.ShardControlClient(raw).ConfigureAsync(message, Headers(), cancellationToken: TestShard.Token));

        Assert.StartsWith(expected, Assert.IsType<BadInputException>(WireError.FromRpc(error)).Message, StringComparison.Ordinal);
        await using GrpcShardChannel channel = new(shard.Host.Endpoint, TestShard.Connection);
        await channel.ConfigureAsync(TestShard.Layout(), 0, 1, TestShard.Token);
    }

    [Fact]
    public async Task Configure_EveryUpdaterAndInitializer_ArrivesAndTrains()
    {
        TensorUpdater[] updaters = [.. Instances<TensorUpdater>()];
        TensorInitializer[] initializers = [.. Instances<TensorInitializer>()];
        StoreLayout layout = TestShard.Layout() with
        {
            Tables =
            [
                .. from u in Enumerable.Range(0, updaters.Length)
                   from i in Enumerable.Range(0, initializers.Length)
                   select new SparseTableSpec { Name = $"t{u}.{i}", Dimension = 2, Updater = updaters[u], Initializer = initializers[i] },
            ],
            DenseTensors = [.. updaters.Select((u, i) => new DenseTensorSpec { Name = $"d{i}", Shape = [2, 1], Updater = u, ElementType = ElementType.Float64 })],
        };
        await using TestShard shard = await TestShard.StartReadyAsync(layout: layout);
        GrpcShardChannel channel = shard.Channel;
        using Blocks blocks = new();
        StepExchange exchange = new() { Step = new StepKey(layout.RunId, 1, 0, 0, 0), RowCount = 1 };
        for (int t = 0; t < layout.Tables.Count; t++) exchange.SparsePushes.Add(new SparsePush(t, blocks.Of<ulong>([3]), blocks.Of([0.5f, 1])));

        await channel.ExchangeAsync(exchange, TestShard.Token);

        Assert.True(updaters.Length >= 7 && initializers.Length >= 5, $"{updaters.Length} updaters, {initializers.Length} initialisers");
        Assert.Equal(JsonSerializer.Serialize(layout), JsonSerializer.Serialize(shard.Host.Shard.Layout));
        ShardStatistics statistics = await channel.GetStatisticsAsync(TestShard.Token);
        Assert.All(statistics.Tables, t => Assert.Equal(1, t.Rows));
    }

    [Fact]
    public async Task Store_AllCalls_RoundTrip()
    {
        string folder = Directory.CreateTempSubdirectory("control").FullName;
        try
        {
            await using TestShard shard = await TestShard.StartReadyAsync();
            GrpcShardChannel channel = shard.Channel;
            using Blocks blocks = new();
            float[] row = [.. Enumerable.Range(0, TestShard.Dimension).Select(i => (float)i)];

            await channel.WriteDenseAsync(new DenseSlice(0, [.. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f)], null), TestShard.Token);
            await channel.WriteRowsAsync(new SparsePush(0, blocks.Of<ulong>([9]), blocks.Of(row)), TestShard.Token);
            DenseSlice dense = await channel.ReadDenseAsync(0, TestShard.Token);
            ShardSnapshot saved = await channel.SaveAsync(new SnapshotRequest(0, folder), TestShard.Token);
            long dropped = await channel.PruneAsync(new PruneRequest(All: true), TestShard.Token);
            await channel.LoadAsync(new TableLoad(0, [Path.Combine(folder, saved.Files[0].Name)], AppliedSteps: 12), TestShard.Token);
            await channel.RequestStopAsync(TestShard.Token);
            await TestShard.StepAsync(channel, 0);
            ShardReport report = await channel.GetReportAsync(TestShard.Token);

            Assert.Equal([3f, 4f], [BitConverter.ToSingle(dense.Values, 0), BitConverter.ToSingle(dense.Values, 4)]);
            Assert.Equal("user__sparse_0.dat", saved.Files.Single().Name);
            Assert.Equal(new FileInfo(Path.Combine(folder, saved.Files[0].Name)).Length, saved.Files[0].Length);
            Assert.Equal(dense.Values, saved.Dense.Single().Values);
            Assert.Equal((0, 0L, false), (saved.Epoch, saved.NextSteps.Single(), saved.Ended.Single()));
            Assert.Equal(1, dropped);
            Assert.Equal((13L, 2L, 1L), (report.AppliedSteps, report.Tables.Single().Size.Rows, report.Exchanges));
            Assert.Equal(3, channel.StopStep);
            await channel.StopAsync(TestShard.Token);
            await shard.Host.StopRequested.WaitAsync(TestShard.Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("table", "table 1 is asked for; the shard has 1")]
    [InlineData("tensor", "dense tensor -1 is asked for; the shard has 1")]
    [InlineData("hash", "hash mode 9 is asked for; this build has 0 (XxHash3), 1 (MetaSpore)")]
    public async Task Call_ForWhatIsNotThere_IsRefused(string what, string expected)
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        GrpcShardChannel channel = shard.Channel;

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => what switch
        {
            "table" => channel.PruneAsync(new PruneRequest(1, All: true), TestShard.Token).AsTask(),
            "tensor" => channel.ReadDenseAsync(-1, TestShard.Token).AsTask(),
            _ => channel.LoadAsync(new TableLoad(0, [], HashMode: (HashMode)9), TestShard.Token).AsTask(),
        });

        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void Messages_WithEveryFieldSet_RoundTrip()
    {
        TableLoad load = new(3, ["a", "b"], 77, true, true, "column", HashMode.MetaSpore, true, ["c"], 4), plain = new(0, []);
        PruneRequest prune = new(2, 5, 0.25, true);

        TableLoad loaded = TableFiles.Parser.ParseFrom(load.ToMessage().ToByteArray()).ToLoad();
        TableLoad plainLoaded = TableFiles.Parser.ParseFrom(plain.ToMessage().ToByteArray()).ToLoad();

        Assert.Equal(load.Paths, loaded.Paths);
        Assert.Equal(load.RemovedPaths, loaded.RemovedPaths);
        Assert.Equal(load, loaded with { Paths = load.Paths, RemovedPaths = load.RemovedPaths });
        Assert.Equal(plain, plainLoaded with { Paths = plain.Paths, RemovedPaths = plain.RemovedPaths });
        SnapshotRequest snapshot = new(7, Path.GetFullPath("x"), Guid.NewGuid(), Guid.NewGuid()), whole = new(0, Path.GetFullPath("y"));
        Assert.Equal(snapshot, Snapshot.Parser.ParseFrom(snapshot.ToMessage().ToByteArray()).ToRequest());
        Assert.Equal(whole, Snapshot.Parser.ParseFrom(whole.ToMessage().ToByteArray()).ToRequest());
        BadInputException error = Assert.Throws<BadInputException>(() => new Snapshot { Mark = ByteString.CopyFrom(1, 2) }.ToRequest());
        Assert.Equal("a snapshot's mark has 2 bytes; expected 16, or none", error.Message);
        Assert.Equal(prune, Pruning.Parser.ParseFrom(prune.ToMessage().ToByteArray()).ToRequest());
        Assert.Equal(new PruneRequest(), Pruning.Parser.ParseFrom(new PruneRequest().ToMessage().ToByteArray()).ToRequest());
    }

    [Fact]
    public async Task Hub_ReportsAndMessages_RoundTrip()
    {
        await using TestShard shard = await TestShard.StartAsync();
        using GrpcChannel raw = GrpcChannel.ForAddress(shard.Host.Endpoint);
        ShardControl.ShardControlClient control = new(raw);
        CallOptions options = new(Headers(), cancellationToken: TestShard.Token);

        await control.ReportAsync(new WorkerReport { Partition = 1, Snapshot = 4, State = ByteString.CopyFrom(1, 2) }, options);
        WorkerReports reports = await control.CollectReportsAsync(new Empty(), options);
        await control.SendMessageAsync(new AgentEnvelope { Sender = "a", Receiver = "b", Content = ByteString.CopyFrom(7) }, options);
        AgentEnvelopes messages = await control.ReceiveMessagesAsync(new AgentMailbox { Name = "b" }, options);

        Assert.Equal((1, 4L, ByteString.CopyFrom(1, 2)), reports.Reports.Select(r => (r.Partition, r.Snapshot, r.State)).Single());
        Assert.Empty((await control.CollectReportsAsync(new Empty(), options)).Reports);
        Assert.Equal(("a", ByteString.CopyFrom(7)), messages.Messages.Select(m => (m.Sender, m.Content)).Single());
        Assert.Equal(1, messages.Messages.Single().Number);
        Assert.Equal(messages, await control.ReceiveMessagesAsync(new AgentMailbox { Name = "b" }, options));
        Assert.Empty((await control.ReceiveMessagesAsync(new AgentMailbox { Name = "b", After = 1 }, options)).Messages);
        Identity identity = await control.IdentifyAsync(new Empty(), options);
        Assert.Equal((1u, "ctr", 0), (identity.Protocol, identity.Job, identity.ShardCount));
    }

    /// <summary>Metadata of a caller of the test's job.</summary>
    internal static Metadata Headers() => new()
    {
        { WireProtocol.VersionKey, "1" },
        { WireProtocol.JobKey, "ctr" },
        { WireProtocol.SecretKey, WireProtocol.Bearer(TestShard.Secret) },
    };

    static IEnumerable<T> Instances<T>() => typeof(T).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(T)) && !t.IsAbstract)
        .Select(t => t.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First(c => c.GetParameters().All(p => p.ParameterType != t)))
        .Select(c => (T)c.Invoke([.. c.GetParameters().Select(p => p.DefaultValue)]));

    static string Json(Func<StoreLayout, StoreLayout> change) => JsonSerializer.Serialize(change(TestShard.Layout()));
}
