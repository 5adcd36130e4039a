using System.Buffers;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Features;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Writes text with a header. Cells with a delimiter, quote, line end or outer blank are quoted (csv) or refused (tsv).</summary>
sealed class TextBatchWriter : RecordBatchWriter
{
    const byte ListDelimiter = (byte)'|';

    readonly string _name;
    readonly Stream _stream;
    readonly byte _delimiter;
    readonly SearchValues<byte> _special;
    readonly ArrayBufferWriter<byte> _text = new(1 << 16);
    readonly ArrayBufferWriter<byte> _cell = new(256);
    readonly string[] _columns;

    public TextBatchWriter(string path, Schema schema, char delimiter) : base(path)
    {
        _name = path;
        _delimiter = (byte)delimiter;
        _special = SearchValues.Create([_delimiter, (byte)'"', (byte)'\n', (byte)'\r']);
        _columns = [.. schema.FieldsList.Select(field => field.Name)];
        foreach (Field field in schema.FieldsList)
        {
            if (!CanWrite(field.DataType))
                throw new BadInputException($"{path}, column '{field.Name}': the type {field.DataType.Name} can't be written as text; write .parquet or .arrow");
        }

        _stream = OutputStreams.Create(TemporaryPath, path);
        for (int i = 0; i < _columns.Length; i++)
        {
            _cell.Clear();
            _cell.Write(Encoding.UTF8.GetBytes(_columns[i]));
            EndCell(i);
        }
    }

    private protected override void WriteRows(RecordBatch batch)
    {
        for (int row = 0; row < batch.Length; row++)
        {
            for (int i = 0; i < _columns.Length; i++)
            {
                _cell.Clear();
                Append(batch.Column(i), row);
                EndCell(i);
            }

            if (_text.WrittenCount >= 1 << 16) Flush();
        }
    }

    private protected override void Close()
    {
        Flush();
        _stream.Dispose();
    }

    private protected override void Abandon() => _stream.Dispose();

    static bool CanWrite(IArrowType type) => type switch
    {
        ListType list => list.ValueDataType is not ListType && CanWrite(list.ValueDataType),
        StringType or NumberType or BooleanType or Date32Type or Date64Type or TimestampType => true,
        _ => false,
    };

    void Append(IArrowArray array, int row)
    {
        if (array.IsNull(row)) return;
        switch (array)
        {
            case StringArray text:
                _cell.Write(text.GetBytes(row));
                break;
            case ListArray list:
                for (int i = list.ValueOffsets[row]; i < list.ValueOffsets[row + 1]; i++)
                {
                    if (i > list.ValueOffsets[row]) _cell.Write([ListDelimiter]);
                    Append(list.Values, i);
                }

                break;
            case FloatArray numbers: AppendNumber(numbers.Values[row]); break;
            case DoubleArray numbers: AppendNumber(numbers.Values[row]); break;
            case HalfFloatArray numbers: AppendNumber(numbers.Values[row]); break;
            default:
                Span<byte> target = _cell.GetSpan(CanonicalText.MaxLength);
                _cell.Advance(CanonicalText.Format(array, row, target));
                break;
        }
    }

    void AppendNumber<T>(T number) where T : IUtf8SpanFormattable
    {
        number.TryFormat(_cell.GetSpan(32), out int length, "R", CultureInfo.InvariantCulture);
        _cell.Advance(length);
    }

    void EndCell(int column)
    {
        ReadOnlySpan<byte> cell = _cell.WrittenSpan;
        bool hasOuterBlank = cell.Length > 0 && (cell[0] is (byte)' ' or (byte)'\t' || cell[^1] is (byte)' ' or (byte)'\t');
        bool isAloneAndEmpty = cell.IsEmpty && _columns.Length == 1;
        if (hasOuterBlank || isAloneAndEmpty || cell.ContainsAny(_special)) Quote(cell, column);
        else _text.Write(cell);
        _text.Write([column + 1 < _columns.Length ? _delimiter : (byte)'\n']);
    }

    void Quote(ReadOnlySpan<byte> cell, int column)
    {
        if (_delimiter == (byte)'\t')
        {
            if (cell.IndexOfAny((byte)'\t', (byte)'\n', (byte)'\r') >= 0)
                throw new BadInputException($"{_name}, column '{_columns[column]}': a value has a tab or line end, which tsv can't hold; write .csv or .parquet");
            _text.Write(cell);
            return;
        }

        _text.Write("\""u8);
        for (int quote = cell.IndexOf((byte)'"'); quote >= 0; quote = cell.IndexOf((byte)'"'))
        {
            _text.Write(cell[..(quote + 1)]);
            _text.Write("\""u8);
            cell = cell[(quote + 1)..];
        }

        _text.Write(cell);
        _text.Write("\""u8);
    }

    void Flush()
    {
        _stream.Write(_text.WrittenSpan);
        _text.Clear();
    }
}
