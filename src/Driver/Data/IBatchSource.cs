using Apache.Arrow;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>Rows that can be read again and again, in an order that is a function of the plan alone.</summary>
interface IBatchSource : IJobRows
{
    /// <summary>Begins one pass that reads the rows once and deals the batches to the partitions.</summary>
    /// <param name="plan">Batch size, partitions, shuffle.</param>
    /// <param name="firstBatches">By partition: batches to leave out at its beginning.</param>
    /// <param name="cancellationToken">Ends the pass.</param>
    IPartitionedPass Open(ReadPlan plan, IReadOnlyList<long> firstBatches, CancellationToken cancellationToken);
}

/// <summary>One pass over the rows, dealt to partitions; disposing it ends the reading.</summary>
interface IPartitionedPass : IDisposable
{
    /// <summary>The batches of a partition, to be enumerated once, by one thread.</summary>
    IEnumerable<RecordBatch> Partition(int partition);
}
