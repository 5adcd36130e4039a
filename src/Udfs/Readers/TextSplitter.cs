using System.Text.Unicode;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Splits UTF-8 text into rows and fields without copying: a vector scan marks every delimiter, line end and quote of a block,
/// rows then walk the marks. Blank lines are skipped. A row that has a field in quotes (RFC 4180) is split byte by byte.
/// Rows come one by one or as a table of all rows of the block, so that columns can be built one after the other.
/// Not thread-safe; fields are valid until the next call.
/// </summary>
sealed partial class TextSplitter : IDisposable
{
    readonly TextBlock _block;
    readonly string _path;
    readonly byte _delimiter;
    readonly bool _trim;
    readonly bool _joinsDelimiters;
    int _mark;
    int _row;
    int[] _starts = new int[64];
    int[] _ends = new int[64];
    int[] _escaped = new int[4];
    int _escapedCount;
    long _nextLine = 1;
    long[] _lines = new long[64];
    int _rowStart;
    int _rowMark;
    int _rowFields;
    bool _isQuoted;
    int _tableEnd;
    int _used;

    /// <summary>Splits <paramref name="stream"/>, which it owns.</summary>
    public TextSplitter(Stream stream, string path, TextSyntax syntax)
    {
        _path = path;
        _delimiter = checked((byte)syntax.Delimiter);
        _block = new(stream, path, _delimiter, syntax.HasQuotes ? (byte)'"' : (byte)'\n');
        _trim = syntax.Trim;
        _joinsDelimiters = syntax.JoinsDelimiters;
    }

    /// <summary>Fields of the last row.</summary>
    public int FieldCount => _rowFields;

    /// <summary>Line at which the last row begins, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The bytes of a field of the row that <see cref="ReadRow"/> found: trimmed, without its quotes.</summary>
    public ReadOnlySpan<byte> Field(int index) => _block.Bytes.AsSpan(_starts[index], _ends[index] - _starts[index]);

    /// <summary>A column of the rows that <see cref="ReadRows"/> found.</summary>
    public TextCells Cells(int rows, int column) => new(_block.Bytes, _starts.AsSpan(column), _ends.AsSpan(column), _rowFields, rows);

    /// <summary>Line of a row that <see cref="ReadRows"/> found.</summary>
    public long LineOf(int row) => _lines[row];

    /// <summary>Finds out whether another row follows, and its <see cref="FieldCount"/>, without going there.</summary>
    public bool Peek()
    {
        _used = 0;
        if (!SplitRow(mayRefill: true)) return false;
        GoBack();
        return true;
    }

    /// <summary>Goes to the next row that is not blank; false at the end.</summary>
    /// <exception cref="BadInputException">The file is damaged, no UTF-8, or has a malformed quoted field.</exception>
    public bool ReadRow()
    {
        _used = 0;
        if (!SplitRow(mayRefill: true)) return false;
        EndRow();
        return true;
    }

    /// <summary>Goes over rows of one block that all have <paramref name="fieldCount"/> fields.</summary>
    /// <returns>
    /// How many, at most <paramref name="maxRows"/>; 0 at the end of the file, and when the next row has another
    /// <see cref="FieldCount"/>.
    /// </returns>
    /// <exception cref="BadInputException">As <see cref="ReadRow"/>.</exception>
    public int ReadRows(int maxRows, int fieldCount)
    {
        _used = 0;
        if (_lines.Length < maxRows) _lines = new long[maxRows];
        int rows = 0;
        _rowFields = fieldCount;
        while (rows < maxRows && SplitRow(mayRefill: rows == 0))
        {
            if (_rowFields != fieldCount)
            {
                if (rows == 0) return 0;
                GoBack();
                _rowFields = fieldCount;
                break;
            }

            EndRow();
            _lines[rows++] = Line;
        }

        _rowFields = rows == 0 ? _rowFields : fieldCount;
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => _block.Dispose();

    /// <summary>Adds the fields of the next row that is not blank to the table; false at the end or where a refill is needed.</summary>
    bool SplitRow(bool mayRefill)
    {
        _tableEnd = _used;
        while (SplitLine(mayRefill))
        {
            int fields = _used - _tableEnd;
            bool isBlank = fields == 0 || (fields == 1 && !_isQuoted && _starts[_tableEnd] == _ends[_tableEnd]);
            if (!isBlank)
            {
                _rowFields = fields;
                return true;
            }

            _used = _tableEnd;
        }

        _used = _tableEnd;
        return false;
    }

    /// <summary>Takes the last row back, before anything was changed in it.</summary>
    void GoBack()
    {
        _row = _rowStart;
        _mark = _rowMark;
        _nextLine = Line;
        _used = _tableEnd;
    }

    void EndRow()
    {
        if (_block.MayBeInvalid && !Utf8.IsValid(_block.Bytes.AsSpan(_rowStart, _row - _rowStart))) throw Invalid();
        if (_escapedCount > 0) Unescape();
    }

    bool SplitLine(bool mayRefill)
    {
        byte[] bytes = _block.Bytes;
        int[] marks = _block.Marks;
        int field = _row;
        int mark = _mark;
        _escapedCount = 0;
        _isQuoted = false;
        _rowStart = _row;
        _rowMark = _mark;
        while (true)
        {
            if (mark == _block.MarkCount)
            {
                if (!mayRefill || !Refill()) return false;
                bytes = _block.Bytes;
                marks = _block.Marks;
                field = 0;
                mark = 0;
                _rowStart = 0;
                _rowMark = 0;
                _used = _tableEnd;
                continue;
            }

            int at = marks[mark++];
            byte found = bytes[at];
            if (found == _delimiter)
            {
                Add(field, at);
                field = at + 1;
            }
            else if (found == (byte)'\n')
            {
                Add(field, at > field && bytes[at - 1] == (byte)'\r' ? at - 1 : at);
                Line = _nextLine++;
                _row = at + 1;
                _mark = mark;
                return true;
            }
            else if (IsFieldStart(field, at))
            {
                _isQuoted = true;
                return SplitQuotedRow(mayRefill);
            }
        }
    }

    bool IsFieldStart(int field, int at)
    {
        while (field < at && _trim && IsBlank(_block.Bytes[field])) field++;
        return field == at;
    }

    void Add(int start, int end)
    {
        if (_trim)
        {
            byte[] bytes = _block.Bytes;
            while (start < end && IsBlank(bytes[start])) start++;
            while (start < end && IsBlank(bytes[end - 1])) end--;
        }

        if (!_joinsDelimiters || start < end) AddExact(start, end);
    }

    void AddExact(int start, int end)
    {
        if (_used == _starts.Length)
        {
            Array.Resize(ref _starts, 2 * _used);
            Array.Resize(ref _ends, 2 * _used);
        }

        _starts[_used] = start;
        _ends[_used++] = end;
    }

    static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    bool Refill()
    {
        if (!_block.Refill(_row, _nextLine)) return false;
        _row = 0;
        _mark = 0;
        return true;
    }

    BadInputException Invalid() => new(
        $"{_path}, line {Line}: the text is not UTF-8; convert the file first, for example: iconv -f latin1 -t utf-8");
}
