using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Rows out of Arrow batches.</summary>
static class RowReader
{
    const long MicrosAtEpoch = 62135596800L * 1_000_000;
    const long MaxMicros = 253402300800L * 1_000_000;
    const int DecimalDigits = 28;

    /// <summary>Adds the rows of a batch.</summary>
    public static void Append(RecordBatch batch, StructType schema, List<Row> rows)
    {
        for (int i = 0; i < batch.Length; i++)
        {
            object?[] values = new object?[batch.ColumnCount];
            for (int column = 0; column < values.Length; column++) values[column] = Value(batch.Column(column), i, schema.Fields[column].DataType);
            rows.Add(new Row(schema, values));
        }
    }

    static object? Value(IArrowArray array, int i, DataType type)
    {
        if (array.IsNull(i)) return null;
        return array switch
        {
            Int64Array values => values.GetValue(i),
            Int32Array values => values.GetValue(i),
            Int16Array values => values.GetValue(i),
            Int8Array values => values.GetValue(i),
            FloatArray values => values.GetValue(i),
            DoubleArray values => values.GetValue(i),
            BooleanArray values => values.GetValue(i),
            StringArray values => values.GetString(i),
            LargeStringArray values => values.GetString(i),
            BinaryArray values => values.GetBytes(i).ToArray(),
            LargeBinaryArray values => values.GetBytes(i).ToArray(),
            Date32Array values => DateOnly.FromDayNumber(Day(values.GetValue(i)!.Value)),
            TimestampArray values => Time(values, i),
            Decimal128Array values => ((Decimal128Type)values.Data.DataType).Precision <= DecimalDigits ? (object?)values.GetValue(i) : values.GetSqlDecimal(i),
            DurationArray values => TimeSpan.FromTicks(checked(values.GetValue(i)!.Value * TimeSpan.TicksPerMicrosecond)),
            YearMonthIntervalArray values => values.GetValue(i)!.Value.Months,
            MapArray values => Map(values, i, type as MapType),
            ListArray values => List(values, i, (type as ArrayType)?.Element ?? DataType.Null),
            StructArray values => Struct(values, i, type as StructType),
            _ => throw new NotSupportedException($"A column of type {type.SimpleString} ({array.Data.DataType.Name} in Arrow) has no value here; cast it in Spark, or take it with CollectArrowAsync."),
        };
    }

    static int Day(int days)
    {
        int number = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber + days;
        return number >= 0 && number <= DateOnly.MaxValue.DayNumber ? number
            : throw new InvalidOperationException($"A date {days} days from 1970 is outside of the years 1 to 9999, which .NET has; cast it to string in Spark.");
    }

    static object Time(TimestampArray array, int i)
    {
        long micros = array.Values[i];
        if (micros < -MicrosAtEpoch || micros >= MaxMicros)
            throw new InvalidOperationException($"A time {micros} microseconds from 1970 is outside of the years 1 to 9999, which .NET has; cast it to string in Spark.");
        long ticks = (micros + MicrosAtEpoch) * TimeSpan.TicksPerMicrosecond;
        return ((TimestampType)array.Data.DataType).Timezone is null ? (object)new DateTime(ticks, DateTimeKind.Unspecified) : new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    static object?[] List(ListArray array, int i, DataType element)
    {
        int start = array.ValueOffsets[i];
        object?[] values = new object?[array.ValueOffsets[i + 1] - start];
        for (int k = 0; k < values.Length; k++) values[k] = Value(array.Values, start + k, element);
        return values;
    }

    static Dictionary<object, object?> Map(MapArray array, int i, MapType? type)
    {
        Dictionary<object, object?> values = [];
        for (int k = array.ValueOffsets[i]; k < array.ValueOffsets[i + 1]; k++)
            values[Value(array.Keys, k, type?.Key ?? DataType.Null)!] = Value(array.Values, k, type?.Value ?? DataType.Null);
        return values;
    }

    static Row Struct(StructArray array, int i, StructType? type)
    {
        type ??= new StructType([.. ((Apache.Arrow.Types.StructType)array.Data.DataType).Fields.Select(field => new StructField(field.Name, DataType.Null))]);
        object?[] values = new object?[array.Fields.Count];
        for (int k = 0; k < values.Length; k++) values[k] = Value(array.Fields[k], i, type.Fields[k].DataType);
        return new Row(type, values);
    }
}
