using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The rows of a text file whose fields have positions: csv, tsv and libfm.</summary>
sealed class TextSource : RowSource
{
    readonly TextFile _file;
    readonly bool _isLibFm;
    readonly int[] _fields;
    readonly string[] _names;
    readonly bool _checksCount;

    public TextSource(DatasetSpec spec, DataFile file, ColumnLayout layout)
    {
        _file = new(spec, file);
        _isLibFm = file.Format == DataFormat.LibFm;
        try
        {
            IReadOnlyList<string> names = _file.Names;
            _names = [.. layout.Columns.Select(column => column.Source)];
            _fields = [.. _names.Select(name => IndexOf(names, name))];
            string[] problems = [.. _names.Where((_, i) => _fields[i] < 0).Select(name => ColumnLayout.Absent(file.Path, name, names))];
            _checksCount = !_file.IsEmpty;
            if (problems.Length > 0 && _checksCount) throw new BadInputException(problems);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public override int Fill(BatchAssembler target, int maxRows)
    {
        ColumnBuilder[] builders = target.Builders;
        TextSplitter splitter = _file.Splitter;
        int rows = 0;
        int fieldCount = _file.Names.Count;
        while (rows < maxRows)
        {
            int count = splitter.ReadRows(maxRows - rows, fieldCount);
            if (count == 0)
            {
                if (splitter.FieldCount != fieldCount) throw _file.WrongCount();
                break;
            }

            Append(builders, count);
            rows += count;
        }

        target.RowCount += rows;
        return rows;
    }

    public override long Skip(long rows)
    {
        long skipped = 0;
        while (skipped < rows && _file.Splitter.ReadRow()) skipped++;
        return skipped;
    }

    public override void Dispose() => _file.Dispose();

    /// <summary>Adds rows column by column; of the cells that are wrong, the one of the first row is named.</summary>
    void Append(ColumnBuilder[] builders, int count)
    {
        int wrongRow = int.MaxValue;
        int wrongColumn = 0;
        string? wrong = null;
        for (int i = 0; i < builders.Length; i++)
        {
            TextCells cells = _file.Splitter.Cells(count, _fields[i]);
            int row = count;
            string? problem = null;
            if (_isLibFm && _fields[i] > 0) row = CutValues(cells, out problem);
            if (problem is null) row = builders[i].AppendCells(cells, out problem);
            if (problem is null || row >= wrongRow) continue;
            (wrongRow, wrongColumn, wrong) = (row, i, problem);
        }

        if (wrong is not null)
        {
            throw new BadInputException(
                $"{_file.Path}, line {_file.Splitter.LineOf(wrongRow)}, column '{_names[wrongColumn]}' (field {_fields[wrongColumn] + 1}): {wrong}");
        }
    }

    /// <summary>Makes <c>token:1</c> to <c>token</c>.</summary>
    static int CutValues(TextCells cells, out string? problem)
    {
        problem = null;
        for (int row = 0; row < cells.Count; row++)
        {
            ReadOnlySpan<byte> cell = cells[row];
            int colon = cell.IndexOf((byte)':');
            if (colon < 0) continue;
            if (!TextFile.IsOne(cell[(colon + 1)..]))
            {
                problem = TextFile.WeightProblem(cell);
                return row;
            }

            cells.Ends[row * cells.Stride] = cells.Starts[row * cells.Stride] + colon;
        }

        return cells.Count;
    }

    static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name) return i;
        }

        return -1;
    }
}
