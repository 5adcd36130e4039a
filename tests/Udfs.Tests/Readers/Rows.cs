using System.Globalization;
using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

/// <summary>Shows the rows of batches as text, cell by cell, to compare them with what a test expects.</summary>
static class Rows
{
    public static List<string> Of(IEnumerable<RecordBatch> batches)
    {
        var rows = new List<string>();
        foreach (RecordBatch batch in batches)
        {
            for (int i = 0; i < batch.Length; i++)
                rows.Add(string.Join(" ; ", batch.Arrays.Select(column => Cell(column, i))));
            batch.Dispose();
        }

        return rows;
    }

    public static string Cell(IArrowArray array, int i) => array.IsNull(i) ? "null" : array switch
    {
        StringArray text => text.GetString(i),
        FloatArray number => number.GetValue(i)!.Value.ToString("R", CultureInfo.InvariantCulture),
        DoubleArray number => number.GetValue(i)!.Value.ToString("R", CultureInfo.InvariantCulture),
        Int64Array number => number.GetValue(i)!.Value.ToString(CultureInfo.InvariantCulture),
        Int32Array number => number.GetValue(i)!.Value.ToString(CultureInfo.InvariantCulture),
        Int16Array number => number.GetValue(i)!.Value.ToString(CultureInfo.InvariantCulture),
        Int8Array number => number.GetValue(i)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt64Array number => number.GetValue(i)!.Value.ToString(CultureInfo.InvariantCulture),
        HalfFloatArray number => ((float)number.GetValue(i)!.Value).ToString(CultureInfo.InvariantCulture),
        BooleanArray flag => flag.GetValue(i)!.Value ? "true" : "false",
        TimestampArray time => time.GetValue(i)!.Value.ToString(CultureInfo.InvariantCulture) + "t",
        ListArray list => "[" + string.Join(',', Enumerable.Range(list.ValueOffsets[i], list.GetValueLength(i)).Select(j => Cell(list.Values, j))) + "]",
        BinaryArray bytes => Convert.ToHexString(bytes.GetBytes(i)),
        Apache.Arrow.Arrays.FixedSizeBinaryArray bytes => Convert.ToHexString(bytes.GetBytes(i)),
        _ => throw new NotSupportedException(array.GetType().Name),
    };
}
