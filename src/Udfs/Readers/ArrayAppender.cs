using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Adds rows of Arrow arrays, as files hold them, to builders of the delivered types: dictionaries are decoded, large and
/// view types become plain ones, numbers become doubles.
/// </summary>
static class ArrayAppender
{
    /// <summary>Adds rows of a column.</summary>
    /// <param name="builder">The column's builder.</param>
    /// <param name="kind">What the column is read as.</param>
    /// <param name="array">The file's array.</param>
    /// <param name="rows">First row and number of rows; on an error the first row is the wrong one.</param>
    /// <returns>Null, or what is wrong with a row.</returns>
    public static string? Append(ColumnBuilder builder, ColumnKind? kind, IArrowArray array, ref (int Start, int Count) rows)
    {
        if (kind is ColumnKind.Label or ColumnKind.Number)
        {
            if (array is DoubleArray && builder is NumberColumnBuilder)
                builder.AppendRange(array, rows.Start, rows.Count);
            else return AppendScalars(builder, array, ref rows);
        }
        else if (kind == ColumnKind.TextList && array.Data.DataType is not (ListType or LargeListType or FixedSizeListType))
        {
            return AppendScalars(builder, array, ref rows);
        }
        else
        {
            Append(builder, array, rows.Start, rows.Count);
        }

        return null;
    }

    /// <summary>Adds rows whose delivered type is the array's, decoded and plain.</summary>
    public static void Append(ColumnBuilder builder, IArrowArray array, int start, int count)
    {
        switch (array)
        {
            case DictionaryArray dictionary:
                for (int i = start; i < start + count; i++)
                {
                    if (dictionary.IsNull(i)) builder.AppendNull();
                    else Append(builder, dictionary.Dictionary, Index(dictionary, i), 1);
                }

                break;
            case ListArray { Values: not (DictionaryArray or LargeBinaryArray or LargeStringArray or StringViewArray or BinaryViewArray) }:
                builder.AppendRange(array, start, count);
                break;
            case ListArray or LargeListArray or FixedSizeListArray:
                for (int i = start; i < start + count; i++) AppendList((ListColumnBuilder)builder, array, i);
                break;
            case LargeBinaryArray or StringViewArray or BinaryViewArray:
                var text = (TextColumnBuilder)builder;
                for (int i = start; i < start + count; i++)
                {
                    if (array.IsNull(i)) text.AppendNull();
                    else text.Append(Bytes(array, i));
                }

                break;
            default:
                builder.AppendRange(array, start, count);
                break;
        }
    }

    static void AppendList(ListColumnBuilder builder, IArrowArray array, int row)
    {
        (IArrowArray elements, long first, long end) = array switch
        {
            ListArray list => (list.Values, list.ValueOffsets[row], list.ValueOffsets[row + 1]),
            LargeListArray list => (list.Values, list.ValueOffsets[row], list.ValueOffsets[row + 1]),
            _ => FixedSize((FixedSizeListArray)array, row),
        };
        bool isValid = !array.IsNull(row);
        if (isValid) builder.AppendElements(elements, checked((int)first), checked((int)(end - first)));
        builder.EndRow(isValid);
    }

    static (IArrowArray Elements, long First, long End) FixedSize(FixedSizeListArray list, int row)
    {
        int size = ((FixedSizeListType)list.Data.DataType).ListSize;
        long first = (long)(list.Offset + row) * size;
        return (list.Values, first, first + size);
    }

    static string? AppendScalars(ColumnBuilder builder, IArrowArray array, ref (int Start, int Count) rows)
    {
        int end = rows.Start + rows.Count;
        for (int i = rows.Start; i < end; i++)
        {
            if (AppendScalar(builder, array, i) is not { } problem) continue;
            rows.Start = i;
            return problem;
        }

        return null;
    }

    static string? AppendScalar(ColumnBuilder builder, IArrowArray array, int row)
    {
        if (array is DictionaryArray dictionary && !dictionary.IsNull(row))
            return AppendScalar(builder, dictionary.Dictionary, Index(dictionary, row));
        if (array.IsNull(row))
        {
            if (builder is LabelColumnBuilder labels) return labels.AddMissing();
            builder.AppendNull();
            return null;
        }

        if (array is BinaryArray or LargeBinaryArray or StringViewArray or BinaryViewArray) return builder.AppendCell(Bytes(array, row));
        double number = Number(array, row);
        if (builder is NumberColumnBuilder numbers)
        {
            numbers.Append(number, true);
            return null;
        }

        var label = (LabelColumnBuilder)builder;
        return label.IsListed ? label.AppendCell(Encoding.UTF8.GetBytes(LabelText(array, number))) : label.AppendNumber(number);
    }

    static string LabelText(IArrowArray array, double number) =>
        array is BooleanArray ? (number == 0 ? "False" : "True") : number.ToString("R", CultureInfo.InvariantCulture);

    static ReadOnlySpan<byte> Bytes(IArrowArray array, int row) => array switch
    {
        BinaryArray bytes => bytes.GetBytes(row),
        LargeBinaryArray bytes => bytes.GetBytes(row),
        _ => ((BinaryViewArray)array).GetBytes(row),
    };

    static double Number(IArrowArray array, int row) => array switch
    {
        DoubleArray numbers => numbers.Values[row],
        FloatArray numbers => numbers.Values[row],
        HalfFloatArray numbers => (double)numbers.Values[row],
        Int64Array numbers => numbers.Values[row],
        Int32Array numbers => numbers.Values[row],
        Int16Array numbers => numbers.Values[row],
        Int8Array numbers => numbers.Values[row],
        UInt64Array numbers => numbers.Values[row],
        UInt32Array numbers => numbers.Values[row],
        UInt16Array numbers => numbers.Values[row],
        UInt8Array numbers => numbers.Values[row],
        BooleanArray flags => flags.GetValue(row) == true ? 1 : 0,
        _ => throw new NotSupportedException(array.Data.DataType.Name),
    };

    static int Index(DictionaryArray dictionary, int row)
    {
        ArrayData data = dictionary.Indices.Data;
        ReadOnlySpan<byte> bytes = data.Buffers[1].Span;
        int at = data.Offset + row;
        return data.DataType.TypeId switch
        {
            ArrowTypeId.Int8 or ArrowTypeId.UInt8 => bytes[at],
            ArrowTypeId.Int16 or ArrowTypeId.UInt16 => MemoryMarshal.Cast<byte, ushort>(bytes)[at],
            ArrowTypeId.Int32 or ArrowTypeId.UInt32 => MemoryMarshal.Cast<byte, int>(bytes)[at],
            _ => checked((int)MemoryMarshal.Cast<byte, long>(bytes)[at]),
        };
    }
}
