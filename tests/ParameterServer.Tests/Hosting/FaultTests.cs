using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Checkpoints;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using MetaSpore.Spark.ParameterServer.Wire;
using Microsoft.Extensions.Logging;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>Ways that break, peers that fall silent, clocks that jump.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task Exchange_AnswerLost_IsRepeatedAndAppliedOnce()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(byProxy: true);
        (GrpcShardChannel channel, CutProxy proxy) = (shard.Channel, shard.Proxy);
        await TestShard.StepAsync(channel, 0);
        proxy.Arm(2);

        float[] rows = await TestShard.StepAsync(channel, 1);

        Assert.Equal(2, proxy.Cuts);
        Assert.All(rows, value => Assert.Equal(-2, value));
        Assert.Equal(2, await shard.AppliedAsync());
    }

    [Fact]
    public async Task Exchange_EveryAnswerLost_FailsOnceWithTheEndpoint()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(connection: TestShard.Connection with { Retries = 2 }, byProxy: true);
        (GrpcShardChannel channel, CutProxy proxy) = (shard.Channel, shard.Proxy);
        proxy.Arm(100);

        ShardUnreachableException error = await Assert.ThrowsAsync<ShardUnreachableException>(() => TestShard.StepAsync(channel, 0));

        Assert.StartsWith($"the shard at {proxy.Endpoint} can't be reached (3 tries): ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(". Its process may have ended: look at its log", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await shard.AppliedAsync());
    }

    [Fact]
    public async Task Prune_AnswerLost_IsRepeatedAndAppliedOnce()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(byProxy: true);
        (GrpcShardChannel channel, CutProxy proxy) = (shard.Channel, shard.Proxy);
        await TestShard.StepAsync(channel, 0, keys: 300);
        proxy.Arm(1, [0, 0, 0, 0, 3, 8, 0xAC, 2]);

        Assert.Equal(300, await channel.PruneAsync(new PruneRequest(All: true), TestShard.Token));
        Assert.Equal(1, proxy.Cuts);
    }

    [Fact]
    public async Task Save_AnswerLost_GetsWhatTheFirstCallWrote()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(byProxy: true);
        (GrpcShardChannel channel, CutProxy proxy) = (shard.Channel, shard.Proxy);
        using TestFolder folder = new();
        await TestShard.StepAsync(channel, 0);
        proxy.Arm(1, "user__sparse_0.dat"u8.ToArray());

        ShardSnapshot snapshot = await channel.SaveAsync(new SnapshotRequest(0, folder.Path), TestShard.Token);

        Assert.Equal((1, "user__sparse_0.dat"), (proxy.Cuts, snapshot.Files.Single().Name));
        Assert.Equal(snapshot.Files.Single().XxHash3, HashedFile.Read(Path.Combine(folder.Path, "user__sparse_0.dat"), TestShard.Token).XxHash3);
    }

    [Fact]
    public async Task Save_ConnectionBreaksWhileTheShardWrites_GoesOn()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(byProxy: true);
        (GrpcShardChannel channel, CutProxy proxy) = (shard.Channel, shard.Proxy);
        using TestFolder folder = new();
        await TestShard.StepAsync(channel, 0, keys: 30_000);
        Task<ShardSnapshot> saving = channel.SaveAsync(new SnapshotRequest(1, folder.Path), TestShard.Token).AsTask();

        // The worker's marker is answered when the rows are captured: then the shard writes, and the connection of both calls breaks.
        proxy.Arm(1);
        await channel.ExchangeAsync(new StepExchange { Step = new StepKey(TestShard.Layout().RunId, 1, 0, 0, -1), SnapshotId = 1 }, TestShard.Token);
        ShardSnapshot snapshot = await saving;

        Assert.Equal((1, 1L), (proxy.Cuts, snapshot.NextSteps.Single()));
        Assert.Equal(snapshot.Files.Single().XxHash3, HashedFile.Read(Path.Combine(folder.Path, "user__sparse_0.dat"), TestShard.Token).XxHash3);
    }

    [Fact]
    public async Task Save_CallerGivesUp_EndsAtTheShardToo()
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        GrpcShardChannel channel = shard.Channel;
        using TestFolder folder = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestShard.Token);
        Task<ShardSnapshot> waiting = channel.SaveAsync(new SnapshotRequest(1, folder.Path), stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        // It would wait for a marker until its deadline and hold up this one.
        ShardSnapshot snapshot = await channel.SaveAsync(new SnapshotRequest(0, folder.Path), TestShard.Token).AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestShard.Token);
        Assert.Equal("user__sparse_0.dat", snapshot.Files.Single().Name);
    }

    [Fact]
    public async Task Call_ServerAcceptsAndStaysSilent_FailsAtTheDeadline()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        Uri endpoint = new($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");
        await using GrpcShardChannel channel = new(endpoint, TestShard.Connection with { CallTimeout = TimeSpan.FromSeconds(0.5) });
        channel.Attach(TestShard.Layout(), 0, 1);

        ShardUnreachableException exchange = await Assert.ThrowsAsync<ShardUnreachableException>(() => TestShard.StepAsync(channel, 0));
        ShardUnreachableException once = await Assert.ThrowsAsync<ShardUnreachableException>(() => channel.StopAsync(TestShard.Token).AsTask());

        Assert.Equal($"the shard at {endpoint} can't be reached (1 try): no answer within 0.5 s. Its process may have ended: look at its log", exchange.Message);
        Assert.Equal(exchange.Message, once.Message);
    }

    [Fact]
    public async Task Call_ServerAnswersNoPing_IsTriedAgainThenFails()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        Uri endpoint = new($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");
        await using GrpcShardChannel channel = new(endpoint, TestShard.Connection with { PingTimeout = TimeSpan.FromSeconds(2), Retries = 1 });
        channel.Attach(TestShard.Layout(), 0, 1);

        ShardUnreachableException error = await Assert.ThrowsAsync<ShardUnreachableException>(() => TestShard.StepAsync(channel, 0));

        Assert.StartsWith($"the shard at {endpoint} can't be reached (2 tries): ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_NobodyListens_FailsAfterTheTries()
    {
        TcpListener gone = new(IPAddress.Loopback, 0);
        gone.Start();
        Uri endpoint = new($"http://127.0.0.1:{((IPEndPoint)gone.LocalEndpoint).Port}");
        gone.Dispose();
        await using GrpcShardChannel channel = new(endpoint, TestShard.Connection);

        ShardUnreachableException error = await Assert.ThrowsAsync<ShardUnreachableException>(() => channel.GetStatisticsAsync(TestShard.Token).AsTask());

        Assert.Equal(
            $"the shard at {endpoint} can't be reached (5 tries): Error connecting to subchannel: Connection refused. Its process may have ended: look at its log",
            error.Message);
    }

    [Fact]
    public async Task Stop_IdleStreamAndWaitingExchange_EndsBothSoon()
    {
        TestShard shard = await TestShard.StartReadyAsync(layout: TestShard.Layout(TrainingMode.Sync, workers: 2));
        await using GrpcShardChannel channel = shard.Channel;
        Task second = TestShard.StepAsync(channel, 0, partition: 1);
        await TestShard.StepAsync(channel, 0);
        await second;
        Task waiting = TestShard.StepAsync(channel, 1);
        Stopwatch clock = Stopwatch.StartNew();

        await shard.Host.DisposeAsync();
        ShardUnreachableException error = await Assert.ThrowsAsync<ShardUnreachableException>(() => waiting);

        // Kestrel would wait 30 s for a stream that does not end.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        Assert.StartsWith($"the shard at {shard.Host.Endpoint} can't be reached (5 tries): ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exchange_CallerStopsReading_IsGivenUp()
    {
        GivenUp givenUp = new();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(givenUp).SetMinimumLevel(LogLevel.Debug));
        await using TestShard shard = await TestShard.StartAsync(TestShard.HostOptions with { SendTimeout = TimeSpan.FromSeconds(0.3) }, loggers);
        await using GrpcShardChannel owner = new(shard.Host.Endpoint, TestShard.Connection);
        await owner.ConfigureAsync(TestShard.Layout(), 0, 1, TestShard.Token);
        await owner.BeginEpochAsync(0, [0], TestShard.Token);
        using GrpcChannel raw = GrpcChannel.ForAddress(shard.Host.Endpoint);
        using WorkerCodec codec = new(new ExchangeFormat(TestShard.Layout(), 0, 1, WireEncoding.Plain));
        using Blocks blocks = new();
        StepExchange exchange = new() { Step = new StepKey(TestShard.Layout().RunId, 1, 0, 0, -1) };
        NativeBlock keys = blocks.Of([.. Enumerable.Range(1, 8000).Select(i => (ulong)i)]);
        exchange.SparsePulls.Add(new SparsePull(0, keys, default, true, false));
        Metadata headers = ControlCallTests.Headers();
        headers.Add(WireProtocol.EncodingKey, "0");
        using AsyncDuplexStreamingCall<WireMessage, WireMessage> call =
            raw.CreateCallInvoker().AsyncDuplexStreamingCall(WireProtocol.Exchange, null, new CallOptions(headers));

        await call.RequestStream.WriteAsync(codec.Encode(exchange), TestShard.Token);

        Assert.Contains("the caller did not read an answer within 0.3 s", await givenUp.Message.WaitAsync(TimeSpan.FromSeconds(60), TestShard.Token));
        await TestShard.StepAsync(owner, 0);
    }

    [Fact]
    public async Task WallClock_Jumps_ChangesNoLeaseAndNoDeadline()
    {
        SeparateClocks clock = new();
        await using TestShard shard = await TestShard.StartReadyAsync(
            TestShard.HostOptions with { Lease = TimeSpan.FromMinutes(30), Shard = new() { TimeProvider = clock } }, TestShard.Connection with { TimeProvider = clock });
        GrpcShardChannel channel = shard.Channel;

        foreach (DateTimeOffset wall in new[] { DateTimeOffset.UnixEpoch.AddYears(400), DateTimeOffset.UnixEpoch })
        {
            clock.Wall = wall;
            clock.Tick();
            Assert.Equal(wall == DateTimeOffset.UnixEpoch ? 2 : 1, -(await TestShard.StepAsync(channel, await shard.AppliedAsync()))[0]);
            Assert.False(shard.Host.StopRequested.IsCompleted);
        }

        clock.Elapsed += TimeSpan.FromMinutes(31);
        clock.Tick();
        Assert.True(shard.Host.StopRequested.IsCompleted);
    }

    /// <summary>Catches what the host logs of a caller that it gave up.</summary>
    sealed class GivenUp : ILoggerProvider, ILogger
    {
        readonly TaskCompletionSource<string> _message = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Message => _message.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = formatter(state, exception);
            if (text.Contains("the caller did not read", StringComparison.Ordinal)) _message.TrySetResult(text);
        }

        public void Dispose()
        {
        }
    }
}
