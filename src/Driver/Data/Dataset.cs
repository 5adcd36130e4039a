using Apache.Arrow;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>
/// Rows to train on, score or evaluate. The kind of data set decides where the work runs; nothing else in a program
/// changes. Immutable; reading does not change it.
/// </summary>
public abstract record Dataset
{
    /// <summary>The rows in order, in batches of at most <paramref name="batchSize"/>; each is the caller's to dispose.</summary>
    /// <exception cref="Model.Errors.BadInputException">A row or file is not as described.</exception>
    public abstract IAsyncEnumerable<RecordBatch> ReadAsync(int batchSize = 1024, CancellationToken cancellationToken = default);

    /// <summary>The same rows in files: the data set itself, or a copy at <paramref name="path"/>.</summary>
    internal abstract Task<LocalDataset> StoreAsync(string path, CancellationToken cancellationToken);
}
