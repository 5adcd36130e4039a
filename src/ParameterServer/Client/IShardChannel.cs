using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>
/// The way to one shard: a call in this process, or the network. Every member may be called from any thread; exchanges of
/// different partitions run at the same time.
/// </summary>
public interface IShardChannel : IAsyncDisposable
{
    /// <summary>Applies the pushes once, then fills the pulls; see <see cref="IParameterStore.ExchangeAsync"/>.</summary>
    ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken);

    /// <summary>Creates the tables and this shard's rows of the dense tensors (all zero). Once, before anything else.</summary>
    ValueTask ConfigureAsync(StoreLayout layout, int shard, int shardCount, CancellationToken cancellationToken);

    /// <summary>Begins an epoch: all partitions are open again at <paramref name="firstSteps"/> (W), the next step of each.</summary>
    ValueTask BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken);

    /// <summary>
    /// Asks all workers to mark and stop together, a few steps after the most advanced one's; from then on every exchange
    /// gives that step in <see cref="StopStep"/>. Until the next epoch begins.
    /// </summary>
    ValueTask RequestStopAsync(CancellationToken cancellationToken);

    /// <summary>The step before which all workers are to mark and stop, as of the last exchange; −1: none.</summary>
    long StopStep { get; }

    /// <summary>Overwrites weights (and states, when given) of this shard's rows of a dense tensor.</summary>
    ValueTask WriteDenseAsync(DenseSlice slice, CancellationToken cancellationToken);

    /// <summary>Reads weights and states of this shard's rows of a dense tensor, at rest.</summary>
    ValueTask<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken);

    /// <summary>Overwrites the weights of rows and resets their age; states are kept, missing rows are created.</summary>
    ValueTask WriteRowsAsync(SparsePush values, CancellationToken cancellationToken);

    /// <summary>Reads this shard's part of a checkpoint (its own keys from any number of files).</summary>
    ValueTask LoadAsync(TableLoad load, CancellationToken cancellationToken);

    /// <summary>
    /// Writes this shard's tables into <paramref name="request"/>'s folder. With a snapshot id: captured when the markers of all
    /// open partitions have come; without: at rest, at once.
    /// </summary>
    ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken);

    /// <summary>Drops rows: by age (after ageing every row by one), by magnitude, or all.</summary>
    ValueTask<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken);

    /// <summary>Rows, bytes and applied steps.</summary>
    ValueTask<ShardStatistics> GetStatisticsAsync(CancellationToken cancellationToken);
}
