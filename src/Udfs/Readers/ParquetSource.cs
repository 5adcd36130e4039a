using Apache.Arrow;
using Apache.Arrow.Ipc;
using MetaSpore.Spark.Model.Errors;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The rows of a Parquet file: only the columns asked for, one row group after the other.</summary>
sealed class ParquetSource : ColumnarSource
{
    const int RowsAtOnce = 4096;

    readonly FileReader _reader;
    readonly int[] _leaves;
    IArrowArrayStream? _group;
    int _next;

    public ParquetSource(DataFile file, ColumnLayout layout) : base(file, layout)
    {
        _reader = Open(file.Path);
        var names = layout.Columns.Select(column => column.Source).ToHashSet(StringComparer.Ordinal);
        SchemaManifest manifest = _reader.SchemaManifest;
        _leaves = [.. manifest.SchemaFields.Where(field => names.Contains(field.Field.Name)).SelectMany(Leaves)];
    }

    /// <summary>The columns of a file.</summary>
    /// <exception cref="BadInputException">The file can't be read.</exception>
    public static IReadOnlyList<Field> Fields(string path)
    {
        using FileReader reader = Open(path);
        return reader.Schema.FieldsList;
    }

    public override void Dispose()
    {
        base.Dispose();
        _group?.Dispose();
        _reader.Dispose();
    }

    protected override RecordBatch? ReadBatch()
    {
        try
        {
            while (true)
            {
                if (_group is null)
                {
                    if (_next == _reader.NumRowGroups) return null;
                    _group = _reader.GetRecordBatchReader([_next++], _leaves);
                }

                ValueTask<RecordBatch?> reading = _group.ReadNextRecordBatchAsync()!;
                if ((reading.IsCompleted ? reading.Result : reading.AsTask().GetAwaiter().GetResult()) is { } batch) return batch;
                _group.Dispose();
                _group = null;
            }
        }
        catch (Exception e) when (e is not (BadInputException or OutOfMemoryException))
        {
            throw Damaged(Path, "Parquet", e);
        }
    }

    protected override long SkipWhole(long rows)
    {
        long skipped = 0;
        while (_group is null && _next < _reader.NumRowGroups)
        {
            using RowGroupReader group = _reader.ParquetReader.RowGroup(_next);
            long count = group.MetaData.NumRows;
            if (skipped + count > rows) break;
            skipped += count;
            _next++;
        }

        return skipped;
    }

    static FileReader Open(string path)
    {
        InputStreams.OpenRaw(path).Dispose();
        try
        {
            using ReaderProperties properties = ReaderProperties.GetDefaultReaderProperties();
            properties.EnableBufferedStream();
            using ArrowReaderProperties arrow = ArrowReaderProperties.GetDefault();
            arrow.UseThreads = false;
            arrow.PreBuffer = false;
            arrow.BatchSize = RowsAtOnce;
            return new(path, properties, arrow);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Damaged(path, "Parquet", e);
        }
    }

    static IEnumerable<int> Leaves(SchemaField field) =>
        field.ColumnIndex >= 0 ? [field.ColumnIndex] : field.Children.SelectMany(Leaves);
}
