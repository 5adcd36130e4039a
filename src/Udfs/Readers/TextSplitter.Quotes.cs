using System.Text;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <content>Rows that have a field in quotes.</content>
sealed partial class TextSplitter
{
    bool SplitQuotedRow(bool mayRefill)
    {
        int at;
        long lines;
        while (!TrySplitQuotedRow(out at, out lines))
        {
            if (!mayRefill) return false;
            if (_block.IsLast || !Refill())
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
        while (_mark < _block.MarkCount && _block.Marks[_mark] < at) _mark++;
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
            while (start < _block.End && _trim && IsBlank(_block.Bytes[start]) && _block.Bytes[start] != _delimiter) start++;
            bool isQuoted = start < _block.End && _block.Bytes[start] == (byte)'"';
            int stop = isQuoted ? EndOfQuotes(start + 1, ref lines) : start;
            if (stop < 0) return false;
            int next = _block.Bytes.AsSpan(stop, _block.End - stop).IndexOfAny(_delimiter, (byte)'\n');
            if (next < 0) return false;
            next += stop;
            bool isLineEnd = _block.Bytes[next] == (byte)'\n';
            int end = isLineEnd && next > stop && _block.Bytes[next - 1] == (byte)'\r' ? next - 1 : next;
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
            int next = _block.Bytes.AsSpan(at, _block.End - at).IndexOfAny((byte)'"', (byte)'\n');
            if (next < 0 || (at += next + 1) == _block.End) return -1;
            if (_block.Bytes[at - 1] == (byte)'\n')
            {
                lines++;
            }
            else if (_block.Bytes[at] == (byte)'"')
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
        ReadOnlySpan<byte> rest = _block.Bytes.AsSpan(end + 1, fieldEnd - end - 1);
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
            Span<byte> field = _block.Bytes.AsSpan(_starts[_escaped[i]].._ends[_escaped[i]]);
            int to = 0;
            for (int from = 0; from < field.Length; from++)
            {
                if (field[from] == (byte)'"') from++;
                field[to++] = field[from];
            }

            _ends[_escaped[i]] = _starts[_escaped[i]] + to;
        }
    }
}
