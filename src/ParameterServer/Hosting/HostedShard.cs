using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>The shard of a host, and what it is. Thread-safe.</summary>
sealed class HostedShard : IAsyncDisposable
{
    readonly Lock _lock = new();
    long _lastCall;

    /// <summary>Creates a shard that is not configured yet.</summary>
    public HostedShard(ShardHostOptions options)
    {
        Options = options;
        Channel = new LocalShardChannel(options.Shard);
        Traffic = new ShardTraffic(Tables);
        Hub = new JobHub(options.Shard.TimeProvider);
        Calls = new OrderedCalls(Stopping.Token);
        Touch();
    }

    /// <summary>The host's options.</summary>
    public ShardHostOptions Options { get; }

    /// <summary>The shard, empty until it is configured.</summary>
    public LocalShardChannel Channel { get; }

    /// <summary>What it holds; null before it is configured.</summary>
    public StoreLayout? Layout { get; private set; }

    /// <summary>Its number.</summary>
    public int Number { get; private set; }

    /// <summary>Number of shards (S); 0 before it is configured.</summary>
    public int ShardCount { get; private set; }

    /// <summary>What passed through the host.</summary>
    public ShardTraffic Traffic { get; }

    /// <summary>Reports and messages of the job.</summary>
    public JobHub Hub { get; }

    /// <summary>Control calls that change the shard.</summary>
    public OrderedCalls Calls { get; }

    /// <summary>Cancelled when the host stops.</summary>
    public CancellationTokenSource Stopping { get; } = new();

    /// <summary>Time since the last call began or ended; by a clock that does not jump.</summary>
    public TimeSpan Idle => Options.Shard.TimeProvider.GetElapsedTime(Interlocked.Read(ref _lastCall));

    /// <summary>Renews the lease.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastCall, Options.Shard.TimeProvider.GetTimestamp());

    /// <summary>Creates the tables; a repetition of the same call is fine.</summary>
    public void Configure(StoreLayout layout, int shard, int shardCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shardCount);
        lock (_lock)
        {
            if (Layout is { } present)
            {
                if (present.RunId == layout.RunId && present.Generation == layout.Generation && (Number, ShardCount) == (shard, shardCount)) return;
                throw new InvalidOperationException($"the shard is configured already, as shard {Number} of {ShardCount} of run {present.RunId}");
            }

            Channel.Configure(layout, shard, shardCount);
            Number = shard;
            ShardCount = shardCount;
            Layout = layout;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Stopping.CancelAsync();
        await Calls.DisposeAsync();
        Traffic.Dispose();
        await Channel.DisposeAsync();
        Stopping.Dispose();
    }

    IEnumerable<(string Name, long Rows, long Bytes)> Tables()
    {
        if (Layout is not { } layout || Stopping.IsCancellationRequested || !Channel.IsConfigured) return [];
        ShardStatistics statistics = Channel.GetStatisticsAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return layout.Tables.Zip(statistics.Tables, (table, size) => (table.Name, size.Rows, size.Bytes));
    }
}
