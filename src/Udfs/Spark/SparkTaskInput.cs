using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The rows of a task, as Spark sends them. For the task's thread alone.</summary>
public sealed class SparkTaskInput : IDisposable
{
    readonly ArrowFrames _frames;
    readonly ArrowStreamReader _reader;
    Schema? _schema;
    bool _hasEnded;

    internal SparkTaskInput(Stream connection)
    {
        _frames = new ArrowFrames(connection);
        _reader = new ArrowStreamReader(_frames, PooledAllocator.Shared, new CompressionCodecFactory(), leaveOpen: true);
    }

    /// <summary>The columns. The first use waits until Spark sends them.</summary>
    /// <exception cref="SparkProtocolException">The connection ended, or what came is not a struct of columns.</exception>
    public Schema Schema => _schema ??= ReadSchema();

    /// <summary>Waits for the next batch.</summary>
    /// <returns>
    /// The batch, or null after the last one. The caller disposes it, which gives its memory to later batches: nothing of it may be used
    /// afterwards. A batch that is never disposed is collected as usual.
    /// </returns>
    /// <exception cref="SparkProtocolException">The connection ended, or the batch can't be read.</exception>
    public RecordBatch? Read()
    {
        if (_hasEnded) return null;
        Schema schema = Schema;
        RecordBatch? outer = ReadOuter();
        if (outer is null)
        {
            _hasEnded = true;
            return null;
        }

        var rows = (StructArray)outer.Column(0);
        if (rows.NullCount == 0) return new FlatRecordBatch(schema, outer, rows);
        int nulls = rows.NullCount;
        outer.Dispose();
        throw new SparkProtocolException(string.Create(
            CultureInfo.InvariantCulture, $"{nulls} rows of Spark's batch are null as a whole where every row was expected to be a struct"));
    }

    /// <summary>Frees the reader; the connection stays open.</summary>
    public void Dispose()
    {
        _reader.Dispose();
        _frames.Dispose();
    }

    /// <summary>Skips what was not read, so that the connection stands behind the rows.</summary>
    internal void SkipToEnd()
    {
        _frames.SkipToEnd();
        _hasEnded = true;
    }

    RecordBatch? ReadOuter()
    {
        try
        {
            return _reader.ReadNextRecordBatch();
        }
        catch (Exception e) when (e is not (IOException or OutOfMemoryException or ObjectDisposedException))
        {
            throw new SparkProtocolException($"Spark's Arrow batch can't be read: {e.Message}", e);
        }
    }

    Schema ReadSchema()
    {
        Schema? outer;
        try
        {
            outer = _reader.Schema;
        }
        catch (Exception e) when (e is not (IOException or OutOfMemoryException or ObjectDisposedException))
        {
            throw new SparkProtocolException(
                $"the schema of Spark's rows can't be read ({e.Message}); rows without any column are not supported: pass at least one column to the function", e);
        }

        return outer?.FieldsList is [{ DataType: StructType rows }]
            ? new Schema(rows.Fields, null)
            : throw new SparkProtocolException("Spark's rows are not the one struct column that mapInArrow sends");
    }
}
