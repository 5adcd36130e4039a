using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Tests.Client;

/// <summary>A channel that passes every call on; tests override what they change.</summary>
abstract class ForwardingChannel : IShardChannel
{
    public virtual long StopStep => Inner.StopStep;

    protected abstract IShardChannel Inner { get; }

    public virtual ValueTask ConfigureAsync(StoreLayout layout, int shard, int shardCount, CancellationToken cancellationToken) =>
        Inner.ConfigureAsync(layout, shard, shardCount, cancellationToken);

    public virtual ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken) => Inner.ExchangeAsync(exchange, cancellationToken);

    public virtual ValueTask BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken) =>
        Inner.BeginEpochAsync(epoch, firstSteps, cancellationToken);

    public virtual ValueTask RequestStopAsync(CancellationToken cancellationToken) => Inner.RequestStopAsync(cancellationToken);

    public virtual ValueTask WriteDenseAsync(DenseSlice slice, CancellationToken cancellationToken) => Inner.WriteDenseAsync(slice, cancellationToken);

    public virtual ValueTask<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken) => Inner.ReadDenseAsync(tensor, cancellationToken);

    public virtual ValueTask WriteRowsAsync(SparsePush values, CancellationToken cancellationToken) => Inner.WriteRowsAsync(values, cancellationToken);

    public virtual ValueTask LoadAsync(TableLoad load, CancellationToken cancellationToken) => Inner.LoadAsync(load, cancellationToken);

    public virtual ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken) => Inner.SaveAsync(request, cancellationToken);

    public virtual ValueTask<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken) => Inner.PruneAsync(request, cancellationToken);

    public virtual ValueTask<ShardStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => Inner.GetStatisticsAsync(cancellationToken);

    public virtual async ValueTask DisposeAsync() => await Inner.DisposeAsync();
}
