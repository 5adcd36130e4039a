using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Reads the rows of one table file from start to end, binary or text, as a table takes them: packed weights and states,
/// and ages. Key 0 may occur: the reader of the stream skips it. Not thread-safe.
/// </summary>
abstract class TableRowStream : IDisposable
{
    /// <summary>Opens a file; its first byte tells binary from text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">The table that takes the rows.</param>
    /// <param name="dataOnly">Give weights only; the file may have other states, or none.</param>
    /// <param name="keyColumn">For text: keys are values of this column; null for numbers.</param>
    /// <param name="hashMode">Hash of <paramref name="keyColumn"/>.</param>
    /// <exception cref="BadInputException">It is missing, damaged, or has rows of another format.</exception>
    public static TableRowStream Open(
        string path, SparseTableSpec table, bool dataOnly, string? keyColumn = null, HashMode hashMode = HashMode.XxHash3)
    {
        if (!TableFileReader.IsBinary(path))
            return new TextTableReader(path, table, dataOnly, keyColumn is null ? null : new ColumnHash(hashMode, keyColumn));
        if (keyColumn is not null)
        {
            throw new BadInputException($"table '{table.Name}', file '{path}': expected text with values of column '{keyColumn}' as keys, "
                + "found a binary table, whose keys are hashed already; import it without a key column");
        }

        return new BinaryTableStream(path, table, dataOnly);
    }

    /// <summary>Bytes of a row that <see cref="Read"/> writes.</summary>
    public abstract int ValueBytes { get; }

    /// <summary>Reads the next rows.</summary>
    /// <param name="keys">Shape (N), written.</param>
    /// <param name="values">Shape (N), <see cref="ValueBytes"/> each, written: weights, then states unless weights only.</param>
    /// <param name="ages">Shape (N), written; 0 where the file has weights alone.</param>
    /// <returns>Number of rows read; 0 at the end.</returns>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public abstract int Read(Span<ulong> keys, Span<byte> values, Span<int> ages);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>The rows of a binary table file, one after another.</summary>
sealed class BinaryTableStream : TableRowStream
{
    readonly TableFileReader _file;
    readonly TableRowFormat _format;
    readonly bool _dataOnly;
    byte[] _rows = [];
    long _next;

    /// <summary>Opens the file and checks header, row size and hash chains.</summary>
    public BinaryTableStream(string path, SparseTableSpec table, bool dataOnly)
    {
        _format = TableRowFormat.Of(table);
        _dataOnly = dataOnly;
        _file = TableFileReader.Open(path);
        try
        {
            if (dataOnly) _format.RequireWeights(table.Name, path, _file.RowBytes);
            else _format.RequireRows(table.Name, path, _file.RowBytes);
            _file.CheckIndex();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override int ValueBytes => _dataOnly ? _format.DataBytes : _format.ValueBytes;

    /// <inheritdoc/>
    public override int Read(Span<ulong> keys, Span<byte> values, Span<int> ages)
    {
        int count = (int)Math.Min(keys.Length, _file.Count - _next);
        if (count == 0) return 0;
        int bytes = checked(count * _file.RowBytes);
        if (_rows.Length < bytes) _rows = new byte[bytes];
        _file.ReadKeys(_next, keys[..count]);
        _file.ReadRows(_next, keys[..count], _rows);
        if (_dataOnly)
        {
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> row = _rows.AsSpan(i * _file.RowBytes, _file.RowBytes);
                row[.._format.DataBytes].CopyTo(values[(i * _format.DataBytes)..]);
                ages[i] = _format.AgeOf(row);
            }
        }
        else
        {
            _format.Unpack(_rows, values, ages[..count]);
        }

        RequireAges(ages[..count]);
        _next += count;
        return count;
    }

    /// <inheritdoc/>
    public override void Dispose() => _file.Dispose();

    void RequireAges(ReadOnlySpan<int> ages)
    {
        int bad = ages.IndexOfAnyInRange(int.MinValue, -1);
        if (bad < 0) return;
        throw new BadInputException($"table file '{_file.Path}', row {_next + bad}: expected an age of 0 or more, found {ages[bad]}: "
            + "it is damaged; restore it from a copy");
    }
}
