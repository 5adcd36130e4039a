using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The rows of a file of Arrow batches; a subclass reads the batches.</summary>
abstract class ColumnarSource(DataFile file, ColumnLayout layout) : RowSource
{
    readonly int[] _columns = new int[layout.Columns.Count];
    RecordBatch? _batch;
    int _at;
    long _row;

    /// <summary>The file's path.</summary>
    protected string Path => file.Path;

    public sealed override int Fill(BatchAssembler target, int maxRows)
    {
        int rows = 0;
        while (rows < maxRows && (_batch is not null || NextBatch()))
        {
            int count = Math.Min(maxRows - rows, _batch!.Length - _at);
            Append(target, count);
            rows += count;
            Advance(count);
        }

        target.RowCount += rows;
        return rows;
    }

    public sealed override long Skip(long rows)
    {
        long skipped = 0;
        while (skipped < rows)
        {
            if (_batch is null)
            {
                long whole = SkipWhole(rows - skipped);
                skipped += whole;
                _row += whole;
                if (skipped == rows || !NextBatch()) break;
            }

            int count = (int)Math.Min(rows - skipped, _batch!.Length - _at);
            skipped += count;
            Advance(count);
        }

        return skipped;
    }

    public override void Dispose()
    {
        if (_batch is not null) Free(_batch);
        _batch = null;
    }

    /// <summary>Frees a batch that <see cref="ReadBatch"/> returned.</summary>
    protected virtual void Free(RecordBatch batch) => batch.Dispose();

    /// <summary>Reads the next batch, which the caller frees; null at the end.</summary>
    protected abstract RecordBatch? ReadBatch();

    /// <summary>Passes over parts of the file that need not be read, at most <paramref name="rows"/> rows.</summary>
    protected virtual long SkipWhole(long rows) => 0;

    /// <summary>The error for a file that can't be read.</summary>
    protected static BadInputException Damaged(string path, string format, Exception cause) => new(
        $"{path}: the file is no whole {format} file, it is damaged or cut short; make or copy the file again ({FileFault.Reason(cause)})",
        cause);

    bool NextBatch()
    {
        RecordBatch? batch;
        do
        {
            batch = ReadBatch();
            if (batch?.Length == 0) Free(batch);
        }
        while (batch?.Length == 0);
        _batch = batch;
        _at = 0;
        if (batch is null) return false;
        FindColumns(batch.Schema);
        return true;
    }

    void FindColumns(Schema schema)
    {
        string[] names = [.. schema.FieldsList.Select(field => field.Name)];
        var problems = new List<string>();
        for (int i = 0; i < _columns.Length; i++)
        {
            ReadColumn wanted = layout.Columns[i];
            _columns[i] = System.Array.IndexOf(names, wanted.Source);
            if (_columns[i] < 0)
            {
                problems.Add(ColumnLayout.Absent(Path, wanted.Source, names));
                continue;
            }

            Apache.Arrow.Types.IArrowType type = schema.FieldsList[_columns[i]].DataType;
            if (ColumnTypes.Delivered(type, wanted.Kind) is not { } delivered || !ColumnTypes.AreSame(delivered, wanted.Type))
            {
                problems.Add(
                    $"{Path}, column '{wanted.Source}': the type is {type.Name}, but {wanted.Type.Name} in the first file of the data set; "
                    + "write all files with the same types");
            }
        }

        if (problems.Count > 0) throw new BadInputException(problems);
    }

    void Append(BatchAssembler target, int count)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            (int Start, int Count) rows = (_at, count);
            ReadColumn column = layout.Columns[i];
            if (ArrayAppender.Append(target.Builders[i], column.Kind, _batch!.Column(_columns[i]), ref rows) is { } problem)
                throw new BadInputException($"{Path}, row {_row + rows.Start - _at} (counted from 0), column '{column.Source}': {problem}");
        }
    }

    void Advance(int count)
    {
        _at += count;
        _row += count;
        if (_at < _batch!.Length) return;
        Free(_batch);
        _batch = null;
    }
}
