using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>A shard in this process, which the channel owns. Calls run on the caller's thread unless they must wait.</summary>
public sealed class LocalShardChannel(ShardOptions? options = null) : IShardChannel
{
    readonly ShardOptions _options = options ?? new ShardOptions();
    Shard? _shard;

    /// <summary>A configured shard with its channel.</summary>
    public static LocalShardChannel Create(StoreLayout layout, int shard, int shardCount, ShardOptions? options = null) =>
        new(options) { _shard = new Shard(layout, shard, shardCount, options ?? new ShardOptions()) };

    /// <summary>Whether the shard has its tables.</summary>
    public bool IsConfigured => _shard is not null;

    /// <summary>Steps by which a partition is ahead of the slowest open one.</summary>
    public long LeadOf(int partition) => _shard?.LeadOf(partition) ?? 0;

    Shard Shard => _shard ?? throw new InvalidOperationException("the shard is used before it is configured");

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(StoreLayout layout, int shard, int shardCount, CancellationToken cancellationToken)
    {
        Configure(layout, shard, shardCount);
        return default;
    }

    /// <summary>See <see cref="ConfigureAsync"/>.</summary>
    public void Configure(StoreLayout layout, int shard, int shardCount)
    {
        if (_shard is not null) throw new InvalidOperationException($"shard {shard} is configured twice");
        _shard = new Shard(layout, shard, shardCount, _options);
    }

    /// <inheritdoc/>
    public ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken) =>
        Shard.ExchangeAsync(exchange, cancellationToken);

    /// <inheritdoc/>
    public ValueTask BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken)
    {
        Shard.BeginEpoch(epoch, firstSteps);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask RequestStopAsync(CancellationToken cancellationToken)
    {
        Shard.RequestStop();
        return default;
    }

    /// <inheritdoc/>
    public long StopStep => _shard?.StopStep ?? -1;

    /// <inheritdoc/>
    public ValueTask WriteDenseAsync(DenseSlice slice, CancellationToken cancellationToken)
    {
        Shard.WriteDense(slice);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken) => new(Shard.ReadDense(tensor));

    /// <inheritdoc/>
    public ValueTask WriteRowsAsync(SparsePush values, CancellationToken cancellationToken)
    {
        Shard.WriteRows(values);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask LoadAsync(TableLoad load, CancellationToken cancellationToken) => ShardFiles.LoadAsync(Shard, load, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken) =>
        Shard.CaptureAsync(request, (tables, token) => ShardFiles.SaveAsync(Shard, tables, request.Directory, token), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken) => new(Shard.Prune(request));

    /// <inheritdoc/>
    public ValueTask<ShardStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => new(Shard.GetStatistics());

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _shard?.Dispose();
        _shard = null;
        return default;
    }
}
