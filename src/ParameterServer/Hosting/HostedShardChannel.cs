using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>The way to a hosted shard from the host's own process. It owns nothing: disposing it leaves the shard as it is.</summary>
sealed class HostedShardChannel(HostedShard shard) : IShardChannel, IJobMailbox
{
    /// <inheritdoc/>
    public long StopStep => shard.Channel.StopStep;

    /// <inheritdoc/>
    public ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken) => Channel.ExchangeAsync(exchange, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(StoreLayout layout, int number, int shardCount, CancellationToken cancellationToken)
    {
        shard.Touch();
        shard.Configure(layout, number, shardCount);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken) =>
        Channel.BeginEpochAsync(epoch, firstSteps, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RequestStopAsync(CancellationToken cancellationToken) => Channel.RequestStopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteDenseAsync(DenseSlice slice, CancellationToken cancellationToken) => Channel.WriteDenseAsync(slice, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken) => Channel.ReadDenseAsync(tensor, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteRowsAsync(SparsePush values, CancellationToken cancellationToken) => Channel.WriteRowsAsync(values, cancellationToken);

    /// <inheritdoc/>
    public ValueTask LoadAsync(TableLoad load, CancellationToken cancellationToken) => Channel.LoadAsync(load, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken) => Channel.SaveAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken) => Channel.PruneAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ShardStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => Channel.GetStatisticsAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask SendAsync(string sender, string receiver, ReadOnlyMemory<byte> content, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        shard.Touch();
        shard.Hub.Send(sender, receiver, content.ToArray(), lifetime);
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JobMessage>> ReceiveAsync(string receiver, long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        shard.Touch();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, shard.Stopping.Token);
        IReadOnlyList<JobMessage> messages = await shard.Hub.ReceiveAsync(receiver, after, wait, stop.Token);
        shard.Touch();
        return messages;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    // The lease counts from the last call, as it does for calls through the network.
    LocalShardChannel Channel
    {
        get
        {
            shard.Touch();
            return shard.Channel;
        }
    }
}
