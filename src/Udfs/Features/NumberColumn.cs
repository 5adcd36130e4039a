using System.Globalization;
using System.Text;
using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Reads a column of numbers as doubles: floats, integers, truth values, or text that holds a number.</summary>
static class NumberColumn
{
    /// <summary>Reads all rows.</summary>
    /// <param name="array">B rows.</param>
    /// <param name="column">The column's name, for messages.</param>
    /// <param name="values">Shape (B), written; NaN where the row has no value (null, NaN, or blank text).</param>
    /// <exception cref="BadInputException">The type is no number, or a text is none; the message names the row.</exception>
    public static void Read(IArrowArray array, string column, Span<double> values)
    {
        if (values.IsEmpty) return;
        switch (array)
        {
            case DoubleArray numbers: numbers.Values.CopyTo(values); break;
            case FloatArray numbers: Widen(numbers.Values, values); break;
            case Int32Array numbers: Widen(numbers.Values, values); break;
            case Int64Array numbers: Widen(numbers.Values, values); break;
            case Int16Array numbers: Widen(numbers.Values, values); break;
            case Int8Array numbers: Widen(numbers.Values, values); break;
            case UInt8Array numbers: Widen(numbers.Values, values); break;
            case UInt16Array numbers: Widen(numbers.Values, values); break;
            case UInt32Array numbers: Widen(numbers.Values, values); break;
            case UInt64Array numbers: Widen(numbers.Values, values); break;
            case HalfFloatArray numbers: Widen(numbers.Values, values); break;
            case NullArray: values.Fill(double.NaN); return;
            default: ReadCells(array, column, values); return;
        }

        var validity = new Validity(array, 0);
        if (validity.AllValid) return;
        for (int row = 0; row < values.Length; row++)
        {
            if (!validity[row]) values[row] = double.NaN;
        }
    }

    static void Widen<T>(ReadOnlySpan<T> numbers, Span<double> values) where T : struct, System.Numerics.INumber<T>
    {
        for (int row = 0; row < values.Length; row++) values[row] = double.CreateTruncating(numbers[row]);
    }

    static void ReadCells(IArrowArray array, string column, Span<double> values)
    {
        if (array is not (BooleanArray or StringArray or LargeStringArray or Decimal128Array))
        {
            throw new BadInputException(
                $"column '{column}' has the Arrow type {array.Data.DataType.Name}; expected numbers (float, integer, bool or text that "
                + "holds numbers); convert it, or list the column under categorical");
        }

        var validity = new Validity(array, 0);
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = !validity[row] ? double.NaN : array switch
            {
                BooleanArray truth => truth.GetValue(row) == true ? 1 : 0,
                StringArray text => Parse(text.GetBytes(row), column, row),
                LargeStringArray text => Parse(text.GetBytes(row), column, row),
                _ => ((Decimal128Array)array).GetSqlDecimal(row)!.Value.ToDouble(),
            };
        }
    }

    static double Parse(ReadOnlySpan<byte> text, string column, int row)
    {
        text = text.Trim((byte)' ');
        if (text.IsEmpty) return double.NaN;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) return value;
        throw new BadInputException(
            $"column '{column}', row {row} of the batch: '{Encoding.UTF8.GetString(text)}' is not a number; correct the cell, "
            + "declare this text as missing, or list the column under categorical");
    }
}
