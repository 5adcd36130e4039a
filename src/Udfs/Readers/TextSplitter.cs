using System.Text;
using System.Text.Unicode;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Splits UTF-8 text into rows and fields without copying: a vector scan marks every delimiter, line end and quote of a block,
/// rows then walk the marks. Blank lines are skipped. A row that has a field in quotes (RFC 4180) is split byte by byte.
/// Rows come one by one or as a table of all rows of the block, so that columns can be built one after the other.
/// Not thread-safe; fields are valid until the next call.
/// </summary>
sealed class TextSplitter : IDisposable
{
    const int FirstBlock = 1 << 18;
    const int LongestRow = 1 << 26;

    readonly Stream _stream;
    readonly string _path;
    readonly byte _delimiter;
    readonly bool _hasQuotes;
    readonly bool _trim;
    readonly bool _joinsDelimiters;
    byte[] _buffer = new byte[FirstBlock];
    int _end;
    bool _isLast;
    bool _mayBeInvalid;
    int[] _marks = new int[FirstBlock];
    int _markCount;
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
        _stream = stream;
        _path = path;
        _delimiter = checked((byte)syntax.Delimiter);
        _hasQuotes = syntax.HasQuotes;
        _trim = syntax.Trim;
        _joinsDelimiters = syntax.JoinsDelimiters;
    }

    /// <summary>Fields of the last row.</summary>
    public int FieldCount => _rowFields;

    /// <summary>Line at which the last row begins, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The bytes of a field of the row that <see cref="ReadRow"/> found: trimmed, without its quotes.</summary>
    public ReadOnlySpan<byte> Field(int index) => _buffer.AsSpan(_starts[index], _ends[index] - _starts[index]);

    /// <summary>A column of the rows that <see cref="ReadRows"/> found.</summary>
    public TextCells Cells(int rows, int column) => new(_buffer, _starts.AsSpan(column), _ends.AsSpan(column), _rowFields, rows);

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
    public void Dispose() => _stream.Dispose();

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
        if (_mayBeInvalid && !Utf8.IsValid(_buffer.AsSpan(_rowStart, _row - _rowStart))) throw Invalid();
        if (_escapedCount > 0) Unescape();
    }

    bool SplitLine(bool mayRefill)
    {
        int field = _row;
        int mark = _mark;
        _escapedCount = 0;
        _isQuoted = false;
        _rowStart = _row;
        _rowMark = _mark;
        while (true)
        {
            if (mark == _markCount)
            {
                if (!mayRefill || !Refill()) return false;
                field = 0;
                mark = 0;
                _rowStart = 0;
                _rowMark = 0;
                _used = _tableEnd;
                continue;
            }

            int at = _marks[mark++];
            byte found = _buffer[at];
            if (found == _delimiter)
            {
                Add(field, at);
                field = at + 1;
            }
            else if (found == (byte)'\n')
            {
                Add(field, at > field && _buffer[at - 1] == (byte)'\r' ? at - 1 : at);
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
        while (field < at && _trim && IsBlank(_buffer[field])) field++;
        return field == at;
    }

    void Add(int start, int end)
    {
        if (_trim)
        {
            while (start < end && IsBlank(_buffer[start])) start++;
            while (start < end && IsBlank(_buffer[end - 1])) end--;
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

    bool SplitQuotedRow(bool mayRefill)
    {
        int at;
        long lines;
        while (!TrySplitQuotedRow(out at, out lines))
        {
            if (!mayRefill) return false;
            if (_isLast || !Refill())
            {
                throw new BadInputException(
                    $"{_path}, line {_nextLine}: the quote that opens field {_used - _tableEnd + 1} is never closed; close it, write a quote "
                    + "inside of quotes twice, or use the format tsv for text without quotes");
            }

            _rowStart = 0;
            _rowMark = 0;
        }

        Line = _nextLine;
        _nextLine += lines;
        _row = at;
        while (_mark < _markCount && _marks[_mark] < at) _mark++;
        return true;
    }

    /// <summary>Splits the row at <see cref="_row"/>; false when it is not whole yet.</summary>
    bool TrySplitQuotedRow(out int at, out long lines)
    {
        at = _row;
        lines = 0;
        _used = _tableEnd;
        _escapedCount = 0;
        while (true)
        {
            int start = at;
            while (start < _end && _trim && IsBlank(_buffer[start]) && _buffer[start] != _delimiter) start++;
            bool isQuoted = start < _end && _buffer[start] == (byte)'"';
            int stop = isQuoted ? EndOfQuotes(start + 1, ref lines) : start;
            if (stop < 0) return false;
            int next = _buffer.AsSpan(stop, _end - stop).IndexOfAny(_delimiter, (byte)'\n');
            if (next < 0) return false;
            next += stop;
            bool isLineEnd = _buffer[next] == (byte)'\n';
            int end = isLineEnd && next > stop && _buffer[next - 1] == (byte)'\r' ? next - 1 : next;
            if (isQuoted) AddQuoted(start + 1, stop - 1, end);
            else Add(at, end);
            at = next + 1;
            if (!isLineEnd) continue;
            lines++;
            return true;
        }
    }

    /// <summary>Index after the quote that closes; −1 when it is not in the buffer.</summary>
    int EndOfQuotes(int at, ref long lines)
    {
        bool hasEscape = false;
        while (true)
        {
            int next = _buffer.AsSpan(at, _end - at).IndexOfAny((byte)'"', (byte)'\n');
            if (next < 0 || (at += next + 1) == _end) return -1;
            if (_buffer[at - 1] == (byte)'\n')
            {
                lines++;
            }
            else if (_buffer[at] == (byte)'"')
            {
                hasEscape = true;
                at++;
            }
            else
            {
                if (!hasEscape) return at;
                if (_escapedCount == _escaped.Length) Array.Resize(ref _escaped, 2 * _escapedCount);
                _escaped[_escapedCount++] = _used;
                return at;
            }
        }
    }

    void AddQuoted(int start, int end, int fieldEnd)
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(end + 1, fieldEnd - end - 1);
        if (rest.ContainsAnyExcept((byte)' ', (byte)'\t'))
        {
            throw new BadInputException(
                $"{_path}, line {_nextLine}, field {_used - _tableEnd + 1}: '{Encoding.UTF8.GetString(rest).Trim()}' after the closing quote; "
                + "expected the delimiter; write a quote inside of quotes twice, or use the format tsv for text without quotes");
        }

        AddExact(start, end);
    }

    void Unescape()
    {
        for (int i = 0; i < _escapedCount; i++)
        {
            Span<byte> field = _buffer.AsSpan(_starts[_escaped[i]].._ends[_escaped[i]]);
            int to = 0;
            for (int from = 0; from < field.Length; from++)
            {
                if (field[from] == (byte)'"') from++;
                field[to++] = field[from];
            }

            _ends[_escaped[i]] = _starts[_escaped[i]] + to;
        }
    }

    /// <summary>Moves the unfinished row to the front and reads on; false when no byte is left.</summary>
    bool Refill()
    {
        int rest = _end - _row;
        if (_isLast) return false;
        if (rest >= LongestRow)
        {
            throw new BadInputException(
                $"{_path}, line {_nextLine}: a row longer than {LongestRow >> 20} MiB; is a quote not closed, or is the file no text?");
        }

        if (rest + 1 >= _buffer.Length)
        {
            byte[] larger = new byte[2 * _buffer.Length];
            _buffer.AsSpan(_row, rest).CopyTo(larger);
            _buffer = larger;
            _marks = new int[larger.Length];
        }
        else
        {
            _buffer.AsSpan(_row, rest).CopyTo(_buffer);
        }

        int read = ReadFully(_buffer.AsSpan(rest, _buffer.Length - rest - 1));
        int from = _row == 0 && _nextLine == 1 && _buffer.AsSpan(0, rest + read).StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
        _end = rest + read;
        if (from > 0)
        {
            _buffer.AsSpan(from, _end - from).CopyTo(_buffer);
            _end -= from;
        }

        if (_isLast && _end > 0 && _buffer[_end - 1] != (byte)'\n') _buffer[_end++] = (byte)'\n';
        _row = 0;
        _mark = 0;
        _mayBeInvalid = !Ascii.IsValid(_buffer.AsSpan(0, _end));
        _markCount = TextMarks.Find(_buffer.AsSpan(0, _end), _marks, _delimiter, _hasQuotes ? (byte)'"' : (byte)'\n');
        return _end > 0;
    }

    int ReadFully(Span<byte> target)
    {
        int read = 0;
        while (read < target.Length)
        {
            int count = _stream.Read(target[read..]);
            if (count == 0)
            {
                _isLast = true;
                break;
            }

            read += count;
        }

        return read;
    }

    BadInputException Invalid() => new(
        $"{_path}, line {Line}: the text is not UTF-8; convert the file first, for example: iconv -f latin1 -t utf-8");
}
