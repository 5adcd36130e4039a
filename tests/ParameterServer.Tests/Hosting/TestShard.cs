using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Microsoft.Extensions.Logging;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>A shard behind gRPC, with a channel to it when it is ready, and what a test sends to it: w ← w − gradient, from 0.</summary>
sealed class TestShard(ShardHost host, GrpcShardChannel? channel = null, CutProxy? proxy = null) : IAsyncDisposable
{
    public const int Dimension = 256;

    public static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 5))];

    public static readonly ShardHostOptions HostOptions = new() { JobId = "ctr", Secret = Secret };

    public static readonly ShardConnectionOptions Connection = new() { JobId = "ctr", Secret = Secret, RetryDelay = TimeSpan.FromMilliseconds(10) };

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public ShardHost Host => host;

    /// <summary>The way to the shard; of a ready one.</summary>
    public GrpcShardChannel Channel => channel!;

    /// <summary>What the channel goes by; of one that was asked for.</summary>
    public CutProxy Proxy => proxy!;

    public static StoreLayout Layout(TrainingMode mode = TrainingMode.Async, int workers = 1) => new()
    {
        RunId = new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        Mode = mode,
        WorkerCount = workers,
        Tables = [new SparseTableSpec { Name = "user", Dimension = Dimension, Updater = new SgdTensorUpdater(1), Initializer = new ZeroTensorInitializer() }],
        DenseTensors = [new DenseTensorSpec { Name = "w", Shape = [2, 1], Updater = new SgdTensorUpdater(1) }],
    };

    public static async Task<TestShard> StartAsync(ShardHostOptions? options = null, ILoggerFactory? loggers = null) =>
        new(await ShardHost.StartAsync(options ?? HostOptions, loggers, Token));

    /// <summary>A shard that is configured and in epoch 0, with a channel to it, by way of a proxy when one is asked for.</summary>
    public static async Task<TestShard> StartReadyAsync(
        ShardHostOptions? options = null, ShardConnectionOptions? connection = null, StoreLayout? layout = null, bool byProxy = false, int number = 0, int count = 1)
    {
        ShardHost host = await ShardHost.StartAsync(options ?? HostOptions, null, Token);
        CutProxy? proxy = byProxy ? new CutProxy(host.Endpoint) : null;
        GrpcShardChannel channel = new(proxy?.Endpoint ?? host.Endpoint, connection ?? Connection);
        layout ??= Layout();
        await channel.ConfigureAsync(layout, number, count, Token);
        await channel.BeginEpochAsync(0, new long[layout.WorkerCount], Token);
        return new TestShard(host, channel, proxy);
    }

    /// <summary>Adds 1 to minus the row of every key and reads it again.</summary>
    public static async Task<float[]> StepAsync(IShardChannel channel, long step, int keys = 1, int partition = 0, ulong? fingerprint = null)
    {
        using Blocks blocks = new();
        ulong[] all = [.. Enumerable.Range(1, keys).Select(i => (ulong)i)];
        NativeBlock rows = blocks.Zeros<float>(keys * Dimension);
        StepExchange exchange = new()
        {
            Step = new StepKey(Layout().RunId, 1, 0, partition, step),
            Fingerprint = fingerprint ?? (ulong)step,
            RowCount = 1,
        };
        exchange.SparsePushes.Add(new SparsePush(0, blocks.Of(all), blocks.Of([.. Enumerable.Repeat(1f, keys * Dimension)])));
        exchange.SparsePulls.Add(new SparsePull(0, blocks.Of(all), rows, false, false));
        await channel.ExchangeAsync(exchange, Token);
        return rows.AsSpan<float>().ToArray();
    }

    public async Task<long> AppliedAsync() => (await host.Shard.Channel.GetStatisticsAsync(Token)).AppliedSteps;

    public async ValueTask DisposeAsync()
    {
        if (channel is not null) await channel.DisposeAsync();
        await host.DisposeAsync();
        proxy?.Dispose();
    }
}
