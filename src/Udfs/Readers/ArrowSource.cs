using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// The rows of an Arrow IPC file or stream. A file holds, after its magic, the same messages as a stream, so both are read
/// from the beginning to the mark at the end; data without that mark were cut short.
/// </summary>
sealed class ArrowSource : ColumnarSource
{
    readonly IpcMessages _messages;
    readonly ArrowStreamReader _reader;

    public ArrowSource(DataFile file, ColumnLayout layout) : base(file, layout)
    {
        _messages = new(InputStreams.Open(file.Path));
        _reader = new(_messages, new CompressionCodecFactory());
    }

    /// <summary>The columns of a file.</summary>
    /// <exception cref="BadInputException">The file can't be read.</exception>
    public static IReadOnlyList<Field> Fields(string path)
    {
        using var messages = new IpcMessages(InputStreams.Open(path));
        using var reader = new ArrowStreamReader(messages, new CompressionCodecFactory());
        try
        {
            return reader.Schema.FieldsList;
        }
        catch (Exception e) when (e is not (BadInputException or OutOfMemoryException))
        {
            throw Damaged(path, "Arrow", e);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _reader.Dispose();
        _messages.Dispose();
    }

    /// <summary>
    /// Batches of a schema with dictionaries are left to the collector: the library's reader gives all of them the same dictionary
    /// buffers, and the first batch that is disposed would free them for the others.
    /// </summary>
    protected override void Free(RecordBatch batch)
    {
        if (!batch.Schema.FieldsList.Any(field => HasDictionary(field.DataType))) batch.Dispose();
    }

    protected override RecordBatch? ReadBatch()
    {
        try
        {
            if (_reader.ReadNextRecordBatch() is { } batch) return batch;
            if (!_messages.EndedWithMark) throw new InvalidDataException("the data end without the mark of their end");
            return null;
        }
        catch (Exception e) when (e is not (BadInputException or OutOfMemoryException))
        {
            throw Damaged(Path, "Arrow", e);
        }
    }

    static bool HasDictionary(IArrowType type) =>
        type is DictionaryType || (type is NestedType nested && nested.Fields.Any(field => HasDictionary(field.DataType)));
}
