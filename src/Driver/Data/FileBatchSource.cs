using Apache.Arrow;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>Rows of files as passes.</summary>
/// <param name="reader">The files.</param>
sealed class FileBatchSource(DatasetReader reader) : IBatchSource
{
    /// <summary>The files.</summary>
    public DatasetReader Reader => reader;

    /// <inheritdoc/>
    public IPartitionedPass Open(ReadPlan plan, IReadOnlyList<long> firstBatches, CancellationToken cancellationToken) =>
        new Pass(reader.Deal(plan, firstBatches), cancellationToken);

    sealed class Pass(BatchDealer dealer, CancellationToken cancellationToken) : IPartitionedPass
    {
        public IEnumerable<RecordBatch> Partition(int partition) => dealer.Partition(partition, cancellationToken);

        public void Dispose() => dealer.Dispose();
    }
}
