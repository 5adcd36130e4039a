using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Tasks;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>
/// A shard that this process can't reach, but executors can: each call is a Spark job of one task. For control only; the
/// exchanges of training run between executors. Thread-safe.
/// </summary>
/// <param name="session">The session of the executors.</param>
/// <param name="directory">The shards.</param>
/// <param name="shard">The shard's number.</param>
sealed class JobShardChannel(SparkSession session, ShardDirectory directory, int shard) : IShardChannel
{
    /// <inheritdoc/>
    public long StopStep => -1;

    /// <inheritdoc/>
    public ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken) =>
        throw new NotSupportedException("steps are exchanged between executors");

    /// <inheritdoc/>
    public async ValueTask ConfigureAsync(StoreLayout layout, int number, int shardCount, CancellationToken cancellationToken) =>
        await CallAsync(new ConfigureCall(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken) =>
        await CallAsync(new BeginEpochCall(epoch, firstSteps), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask RequestStopAsync(CancellationToken cancellationToken) => await CallAsync(new RequestStopCall(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WriteDenseAsync(DenseSlice slice, CancellationToken cancellationToken) => await CallAsync(new WriteDenseCall(slice), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken) =>
        await CallAsync<DenseSlice>(new ReadDenseCall(tensor), cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteRowsAsync(SparsePush values, CancellationToken cancellationToken) =>
        throw new NotSupportedException("rows are written by executors; import them into a model first, and continue from it");

    /// <inheritdoc/>
    public async ValueTask LoadAsync(TableLoad load, CancellationToken cancellationToken) => await CallAsync(new LoadCall(load), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken) =>
        await CallAsync<ShardSnapshot>(new SaveCall(request), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken) =>
        (await CallAsync<PrunedRows>(new PruneCall(request), cancellationToken)).Count;

    /// <inheritdoc/>
    public async ValueTask<ShardStatistics> GetStatisticsAsync(CancellationToken cancellationToken) =>
        await CallAsync<ShardStatistics>(new StatisticsCall(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    async Task<T> CallAsync<T>(ShardCall call, CancellationToken cancellationToken) where T : class =>
        TaskResult.ReadData<T>(await CallAsync(call, cancellationToken));

    async Task<byte[]> CallAsync(ShardCall call, CancellationToken cancellationToken)
    {
        var command = new CallShardCommand { Shards = directory, Shard = shard, Call = call };
        return (await TaskJob.RunAsync(session.Range(0, 1, 1, 1), $"metaspore call shard {shard}", command, barrier: false, cancellationToken))[0];
    }
}
