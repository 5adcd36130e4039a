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
            _names = [.. layout.Columns.Select(column => column.Name)];
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
        for (; rows < maxRows && splitter.ReadRow(); rows++)
        {
            if (splitter.FieldCount != _file.Names.Count) throw _file.WrongCount();
            for (int i = 0; i < builders.Length; i++)
            {
                ReadOnlySpan<byte> cell = splitter.Field(_fields[i]);
                if (_isLibFm && _fields[i] > 0) cell = LibFmToken(cell, i);
                if (builders[i].AppendCell(cell) is { } problem) throw Wrong(i, problem);
            }
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

    ReadOnlySpan<byte> LibFmToken(ReadOnlySpan<byte> cell, int column)
    {
        int colon = cell.IndexOf((byte)':');
        if (colon < 0) return cell;
        if (!TextFile.IsOne(cell[(colon + 1)..])) throw Wrong(column, TextFile.WeightProblem(cell));
        return cell[..colon];
    }

    BadInputException Wrong(int column, string problem) => new(
        $"{_file.Path}, line {_file.Splitter.Line}, column '{_names[column]}' (field {_fields[column] + 1}): {problem}");

    static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name) return i;
        }

        return -1;
    }
}
