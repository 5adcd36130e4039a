using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Reads a table from text, one row a line: <c>key⇥w,…|s,…|age</c> as checkpoints have it, or <c>key⇥w,…</c> (weights only).
/// A line may end with CR LF; the last line of weights only may lack its end.
/// </summary>
sealed class TextTableReader : TableRowStream
{
    readonly string _path;
    readonly SparseTableSpec _table;
    readonly TableRowFormat _format;
    readonly ColumnHash? _keyHash;
    readonly bool _dataOnly;
    readonly FileStream _stream;
    readonly int _maxLine;
    byte[] _buffer = new byte[1 << 16];
    int _begin;
    int _end;
    long _line;

    /// <summary>Opens the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">The table that takes the rows.</param>
    /// <param name="dataOnly">Take weights only.</param>
    /// <param name="keyHash">Hashes keys; null when they are numbers.</param>
    public TextTableReader(string path, SparseTableSpec table, bool dataOnly, ColumnHash? keyHash)
    {
        _path = path;
        _table = table;
        _format = TableRowFormat.Of(table);
        _dataOnly = dataOnly;
        _keyHash = keyHash;
        _maxLine = checked((1 << 16) + (64 * _format.Dimension * (1 + Math.Max(3, _format.StatesPerParameter))));
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        if (_stream.Length > 0 || table.SaveAsText) return;
        _stream.Dispose();
        throw new BadInputException($"table '{table.Name}', file '{path}': expected a table, found 0 bytes: "
            + "its content is lost; restore it from a copy");
    }

    /// <inheritdoc/>
    public override int ValueBytes => _dataOnly ? _format.DataBytes : _format.ValueBytes;

    /// <inheritdoc/>
    public override int Read(Span<ulong> keys, Span<byte> values, Span<int> ages)
    {
        int count = 0, bytes = ValueBytes;
        while (count < keys.Length && TryReadLine(out ReadOnlySpan<byte> line))
        {
            Parse(line, out keys[count], values.Slice(count * bytes, bytes), out ages[count]);
            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    void Parse(ReadOnlySpan<byte> line, out ulong key, Span<byte> values, out int age)
    {
        int tab = line.IndexOf((byte)'\t');
        if (tab < 0) throw Bad("expected a key, a tab and values", line);
        ParseKey(line[..tab], out key);
        ReadOnlySpan<byte> rest = line[(tab + 1)..];
        int fields = 1 + rest.Count((byte)'|');
        if (fields != 3 && !(fields == 1 && _dataOnly))
        {
            throw fields == 1
                ? Bad("expected weights|states|age, found weights alone (import the file for its weights only)", rest)
                : Bad("expected weights|states|age, 3 fields", rest);
        }

        int end = rest.IndexOf((byte)'|');
        ParseNumbers(fields == 1 ? rest : rest[..end], values[.._format.DataBytes], "weight");
        age = 0;
        if (fields == 1) return;
        rest = rest[(end + 1)..];
        end = rest.IndexOf((byte)'|');
        if (!_dataOnly) ParseNumbers(rest[..end], values[_format.DataBytes..], "state");
        if (!int.TryParse(rest[(end + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out age))
            throw Bad("expected an age of 0 or more", rest[(end + 1)..]);
    }

    void ParseKey(ReadOnlySpan<byte> text, out ulong key)
    {
        if (_keyHash is { } hash) key = hash.Key(text);
        else if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out key))
            throw Bad("expected a key, a whole number from 0 to 2^64-1 (or name the column whose values the keys are)", text);
    }

    void ParseNumbers(ReadOnlySpan<byte> text, Span<byte> target, string what)
    {
        int expected = target.Length / _format.ElementBytes;
        int found = text.IsEmpty ? 0 : 1 + text.Count((byte)',');
        if (found != expected)
        {
            throw Bad($"expected {expected} {what}s, found {found}; use the embedding size and updater of the checkpoint"
                + (what == "state" ? ", or load the weights alone and start with fresh states" : ""), text);
        }

        for (int i = 0; i < expected; i++)
        {
            int comma = text.IndexOf((byte)',');
            ReadOnlySpan<byte> number = comma < 0 ? text : text[..comma];
            if (comma >= 0) text = text[(comma + 1)..];
            if (!TryParse(number, target[(i * _format.ElementBytes)..])) throw Bad($"expected {what} {i} to be a number", number);
        }
    }

    bool TryParse(ReadOnlySpan<byte> text, Span<byte> target)
    {
        if (_format.ElementType == ElementType.Float64)
        {
            bool isDouble = PrintfNumber.TryParse(text, out double number);
            MemoryMarshal.Write(target, number);
            return isDouble;
        }

        bool isFloat = PrintfNumber.TryParse(text, out float value);
        MemoryMarshal.Write(target, value);
        return isFloat;
    }

    // The next line without its end; it stays valid until the next call.
    bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_begin + searched, _end - _begin - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = _buffer.AsSpan(_begin, searched + length);
                _begin += searched + length + 1;
                _line++;
                line = line.TrimEnd((byte)'\r');
                return true;
            }

            searched = _end - _begin;
            if (Refill()) continue;
            return TryReadLast(out line);
        }
    }

    bool TryReadLast(out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_begin, _end - _begin);
        _begin = _end;
        if (line.IsEmpty) return false;
        _line++;
        if (!_dataOnly || line.Contains((byte)'|'))
            throw Bad("expected a line end: the file is cut off; restore it from a copy", line);
        return true;
    }

    bool Refill()
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            _end -= _begin;
            _begin = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_end >= _maxLine)
            {
                _line++;
                throw Bad($"expected a line of at most {_maxLine} bytes", _buffer);
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = _stream.Read(_buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }

    BadInputException Bad(string expected, ReadOnlySpan<byte> found)
    {
        string text = Encoding.UTF8.GetString(found[..Math.Min(found.Length, 80)]);
        return new BadInputException($"table '{_table.Name}', file '{_path}', line {_line}: {expected}, found '{text}'");
    }
}
