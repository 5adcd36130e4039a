using Apache.Arrow;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Writes Parquet, zstd, in row groups of at most 131,072 rows.</summary>
sealed class ParquetBatchWriter : RecordBatchWriter
{
    const int RowsOfGroup = 1 << 17;

    readonly FileWriter _writer;

    public ParquetBatchWriter(string path, Schema schema) : base(path)
    {
        using var builder = new WriterPropertiesBuilder();
        using WriterProperties properties = builder.Compression(Compression.Zstd).MaxRowGroupLength(RowsOfGroup).Build();
        try
        {
            _writer = new(TemporaryPath, schema, properties);
        }
        catch
        {
            File.Delete(TemporaryPath);
            throw;
        }
    }

    private protected override void WriteRows(RecordBatch batch) => _writer.WriteBufferedRecordBatch(batch);

    private protected override void Close()
    {
        _writer.Close();
        _writer.Dispose();
    }

    private protected override void Abandon() => _writer.Dispose();
}
