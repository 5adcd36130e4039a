using Apache.Arrow;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Udfs.Features;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>Rows of files as passes.</summary>
/// <param name="reader">The files.</param>
/// <param name="isCopy">Whether the files were written for the job, of rows that come from elsewhere.</param>
sealed class FileBatchSource(DatasetReader reader, bool isCopy) : IBatchSource
{
    const int FittingBatch = 4096;

    /// <summary>The files.</summary>
    public DatasetReader Reader => reader;

    /// <inheritdoc/>
    public DatasetSpec Spec => reader.Spec;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => reader.FilePaths;

    /// <inheritdoc/>
    public object Identity => new
    {
        Ranges = reader.Spec.Inputs.Select(input => $"{input.FirstRow}..{input.LastRow}").ToArray(),
        Bytes = isCopy ? reader.FilePaths.Sum(path => new FileInfo(path).Length) : 0,
    };

    /// <inheritdoc/>
    public InputFingerprint? Fingerprint() => isCopy ? null : InputFingerprint.Of(reader);

    /// <inheritdoc/>
    public RowCountEstimate? EstimateRowCount() => reader.EstimateRowCount();

    /// <inheritdoc/>
    public Task<FeatureState> FitAsync(FeatureSpec features, CancellationToken cancellationToken)
    {
        var fitter = new FeatureFitter(features);
        foreach (RecordBatch batch in reader.ReadInOrder(FittingBatch, cancellationToken))
        {
            fitter.Accumulate(batch);
            batch.Dispose();
        }

        return Task.FromResult(fitter.ToState());
    }

    /// <inheritdoc/>
    public IPartitionedPass Open(ReadPlan plan, IReadOnlyList<long> firstBatches, CancellationToken cancellationToken) =>
        new Pass(reader.Deal(plan, firstBatches), cancellationToken);

    sealed class Pass(BatchDealer dealer, CancellationToken cancellationToken) : IPartitionedPass
    {
        public IEnumerable<RecordBatch> Partition(int partition) => dealer.Partition(partition, cancellationToken);

        public void Dispose() => dealer.Dispose();
    }
}
