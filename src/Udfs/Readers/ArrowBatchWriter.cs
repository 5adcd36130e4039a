using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Writes Arrow IPC, a file or a stream, buffers compressed with zstd.</summary>
sealed class ArrowBatchWriter : RecordBatchWriter
{
    readonly FileStream _stream;
    readonly ArrowStreamWriter _writer;

    public ArrowBatchWriter(string path, Schema schema, bool isFile) : base(path)
    {
        _stream = new(TemporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        var options = new IpcOptions { CompressionCodec = CompressionCodecType.Zstd, CompressionCodecFactory = new CompressionCodecFactory() };
        _writer = isFile ? new ArrowFileWriter(_stream, schema, true, options) : new ArrowStreamWriter(_stream, schema, true, options);
        _writer.WriteStart();
    }

    private protected override void WriteRows(RecordBatch batch) => _writer.WriteRecordBatch(batch);

    private protected override void Close()
    {
        _writer.WriteEnd();
        Abandon();
    }

    private protected override void Abandon()
    {
        _writer.Dispose();
        _stream.Dispose();
    }
}
