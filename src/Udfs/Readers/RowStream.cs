using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>All rows of a dataset in order, over its files and their ranges. Not thread-safe.</summary>
sealed class RowStream(DatasetSpec spec, IReadOnlyList<DataFile> files, ColumnLayout layout) : IDisposable
{
    RowSource? _source;
    int _file = -1;
    long _rowsOfFile;
    long _rows;

    /// <summary>Whether no file is left to open; rows of the present file may still follow.</summary>
    public bool IsAtEnd => _source is null && _file + 1 >= files.Count;

    /// <summary>Adds up to <paramref name="maxRows"/> rows to the target.</summary>
    /// <returns>How many; fewer than asked for only at the end.</returns>
    /// <exception cref="BadInputException">A file is damaged or malformed, a range lies outside its file, or there is no row at all.</exception>
    public int Fill(BatchAssembler target, int maxRows)
    {
        int rows = 0;
        while (rows < maxRows && (_source is not null || OpenNext()))
        {
            int asked = (int)Math.Min(maxRows - rows, RowsLeftInRange());
            int got = asked == 0 ? 0 : _source!.Fill(target, asked);
            rows += got;
            Advance(asked, got);
        }

        return rows;
    }

    /// <summary>Passes over rows.</summary>
    /// <returns>How many; fewer than asked for only at the end.</returns>
    /// <exception cref="BadInputException">As <see cref="Fill"/>.</exception>
    public long Skip(long count)
    {
        long rows = 0;
        while (rows < count && (_source is not null || OpenNext()))
        {
            long asked = Math.Min(count - rows, RowsLeftInRange());
            long got = asked == 0 ? 0 : _source!.Skip(asked);
            rows += got;
            Advance(asked, got);
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => CloseFile();

    bool OpenNext()
    {
        if (_file + 1 >= files.Count)
        {
            if (_rows > 0) return false;
            string names = files.Count == 1 ? files[0].Path : $"{files[0].Path} and {files.Count - 1} more files";
            throw new BadInputException($"{names}: the data set has no row; check that the files are the right ones and were written to the end");
        }

        DataFile file = files[++_file];
        _source = Open(spec, file, layout);
        _rowsOfFile = _source.Skip(file.FirstRow);
        if (_rowsOfFile < file.FirstRow) throw OutsideFile(file);
        return true;
    }

    /// <summary>Opens one file at its first row.</summary>
    public static RowSource Open(DatasetSpec spec, DataFile file, ColumnLayout layout) => file.Format switch
    {
        DataFormat.LibSvm => new LibSvmSource(spec, file, layout),
        DataFormat.Parquet => new ParquetSource(file, layout),
        DataFormat.Arrow => new ArrowSource(file, layout),
        _ => new TextSource(spec, file, layout),
    };

    long RowsLeftInRange() => files[_file].LastRow is { } last ? last + 1 - _rowsOfFile : long.MaxValue;

    void Advance(long asked, long got)
    {
        DataFile file = files[_file];
        _rowsOfFile += got;
        _rows += got;
        if (got < asked)
        {
            if (file.LastRow is not null || _rowsOfFile <= file.FirstRow && file.FirstRow > 0) throw OutsideFile(file);
            CloseFile();
        }
        else if (RowsLeftInRange() == 0)
        {
            CloseFile();
        }
    }

    BadInputException OutsideFile(DataFile file)
    {
        string range = $"{file.FirstRow}..{file.LastRow}";
        return new($"{file.Path}: rows {range} are asked for, but the file has {_rowsOfFile} rows (0..{_rowsOfFile - 1}); correct the range");
    }

    void CloseFile()
    {
        _source?.Dispose();
        _source = null;
    }
}
