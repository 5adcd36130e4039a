using Apache.Arrow;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Writes rows to a file whose columns the first batch tells; the file appears only when complete. Not thread-safe.</summary>
/// <param name="path">The file; its extension tells the format.</param>
sealed class RowFiles(string path) : IDisposable
{
    RecordBatchWriter? _writer;

    /// <summary>Writes one batch, which stays the caller's.</summary>
    public void Write(RecordBatch batch)
    {
        _writer ??= RecordBatchWriter.Create(path, batch.Schema);
        _writer.Write(batch);
    }

    /// <summary>Gives the file its name.</summary>
    public void Complete() => _writer?.Complete();

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    /// <summary>Writes all rows of a stream.</summary>
    public static async Task WriteAsync(string path, IAsyncEnumerable<RecordBatch> rows, CancellationToken cancellationToken)
    {
        using var file = new RowFiles(path);
        await foreach (RecordBatch batch in rows.WithCancellation(cancellationToken))
        {
            file.Write(batch);
            batch.Dispose();
        }

        file.Complete();
    }
}
