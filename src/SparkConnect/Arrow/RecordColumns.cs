using System.Collections;
using System.Reflection;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Arrow columns out of records.</summary>
static class RecordColumns
{
    static readonly Decimal128Type s_decimal = new(38, 18);

    /// <summary>One batch of all records.</summary>
    public static RecordBatch Build<T>(IEnumerable<T> rows)
    {
        List<object?> all = [.. rows.Select(row => (object?)row)];
        if (TypeOf(typeof(T)) is not Apache.Arrow.Types.StructType fields)
        {
            Field single = new("value", TypeOf(typeof(T)), IsNullable(typeof(T)));
            return new RecordBatch(new Schema([single], null), [Column(typeof(T), all)], all.Count);
        }

        PropertyInfo[] properties = Properties(typeof(T));
        IArrowArray[] columns = [.. properties.Select(property => Column(property.PropertyType, [.. all.Select(property.GetValue)]))];
        return new RecordBatch(new Schema(fields.Fields, null), columns, all.Count);
    }

    static PropertyInfo[] Properties(Type type) => [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanRead && property.GetIndexParameters().Length == 0)
        .OrderBy(property => property.MetadataToken)];

    static bool IsNullable(Type type) => !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;

    static Type? Elements(Type type) => type == typeof(string) || type == typeof(byte[]) ? null
        : type.IsArray ? type.GetElementType()
        : type.GetInterfaces().Append(type).FirstOrDefault(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    static IArrowType TypeOf(Type declared)
    {
        Type type = Nullable.GetUnderlyingType(declared) ?? declared;
        IArrowType? plain = type == typeof(long) || type == typeof(uint) ? Int64Type.Default
            : type == typeof(int) || type == typeof(ushort) ? Int32Type.Default
            : type == typeof(short) || type == typeof(byte) ? Int16Type.Default
            : type == typeof(sbyte) ? Int8Type.Default
            : type == typeof(float) ? FloatType.Default
            : type == typeof(double) ? Apache.Arrow.Types.DoubleType.Default
            : type == typeof(bool) ? BooleanType.Default
            : type == typeof(string) ? StringType.Default
            : type == typeof(byte[]) ? BinaryType.Default
            : type == typeof(decimal) ? s_decimal
            : type == typeof(DateOnly) ? Date32Type.Default
            : type == typeof(DateTimeOffset) ? new TimestampType(TimeUnit.Microsecond, "UTC")
            : type == typeof(DateTime) ? new TimestampType(TimeUnit.Microsecond, (string?)null)
            : null;
        if (plain is not null) return plain;
        if (Elements(type) is { } element) return new ListType(new Field("element", TypeOf(element), IsNullable(element)));
        PropertyInfo[] properties = Properties(type);
        if (type.IsPrimitive || type.IsEnum || properties.Length == 0 || type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true)
            throw new ArgumentException($"{type} has no column type. Use numbers, text, bool, byte[], DateOnly, DateTime, DateTimeOffset, decimal, records of those, or sequences.");
        return new Apache.Arrow.Types.StructType([.. properties.Select(property => new Field(property.Name, TypeOf(property.PropertyType), IsNullable(property.PropertyType)))]);
    }

    static IArrowArray Column(Type declared, IReadOnlyList<object?> values) => TypeOf(declared) switch
    {
        Int64Type => Numbers(new Int64Array.Builder(), values, Convert.ToInt64),
        Int32Type => Numbers(new Int32Array.Builder(), values, Convert.ToInt32),
        Int16Type => Numbers(new Int16Array.Builder(), values, Convert.ToInt16),
        Int8Type => Numbers(new Int8Array.Builder(), values, Convert.ToSByte),
        FloatType => Numbers(new FloatArray.Builder(), values, Convert.ToSingle),
        Apache.Arrow.Types.DoubleType => Numbers(new DoubleArray.Builder(), values, Convert.ToDouble),
        BooleanType => Filled(new BooleanArray.Builder(), values, (builder, value) => builder.Append((bool)value), builder => builder.AppendNull()).Build(),
        StringType => Filled(new StringArray.Builder(), values, (builder, value) => builder.Append((string)value), builder => builder.AppendNull()).Build(),
        BinaryType => Filled(new BinaryArray.Builder(), values, (builder, value) => builder.Append(((byte[])value).AsSpan()), builder => builder.AppendNull()).Build(),
        Decimal128Type => Filled(new Decimal128Array.Builder(s_decimal), values, (builder, value) => builder.Append((decimal)value), builder => builder.AppendNull()).Build(),
        Date32Type => Filled(new Date32Array.Builder(), values, (builder, value) => builder.Append((DateOnly)value), builder => builder.AppendNull()).Build(),
        TimestampType time => Filled(new TimestampArray.Builder(time), values, (builder, value) => builder.Append(Clock(value)), builder => builder.AppendNull()).Build(),
        ListType list => Lists(list, Elements(Nullable.GetUnderlyingType(declared) ?? declared)!, values),
        Apache.Arrow.Types.StructType fields => Structs(fields, Nullable.GetUnderlyingType(declared) ?? declared, values),
        var other => throw new ArgumentException($"{declared} has no column type ({other.Name})."),
    };

    static DateTimeOffset Clock(object value) => value is DateTime time ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)) : (DateTimeOffset)value;

    static TBuilder Filled<TBuilder>(TBuilder builder, IReadOnlyList<object?> values, Action<TBuilder, object> append, Action<TBuilder> appendNull)
    {
        foreach (object? value in values)
        {
            if (value is null) appendNull(builder);
            else append(builder, value);
        }

        return builder;
    }

    static TArray Numbers<T, TArray, TBuilder>(PrimitiveArrayBuilder<T, TArray, TBuilder> builder, IReadOnlyList<object?> values, Func<object, T> convert)
        where T : struct where TArray : IArrowArray where TBuilder : class, IArrowArrayBuilder<T, TArray, TBuilder> =>
        Filled(builder, values, (into, value) => into.Append(convert(value)), into => into.AppendNull()).Build();

    static ListArray Lists(ListType type, Type element, IReadOnlyList<object?> values)
    {
        ArrowBuffer.Builder<int> offsets = new();
        ArrowBuffer.BitmapBuilder validity = new();
        List<object?> flat = [];
        offsets.Append(0);
        foreach (object? value in values)
        {
            validity.Append(value is not null);
            if (value is IEnumerable items) flat.AddRange(items.Cast<object?>());
            offsets.Append(flat.Count);
        }

        return new ListArray(type, values.Count, offsets.Build(), Column(element, flat), validity.Build(), values.Count(value => value is null));
    }

    static StructArray Structs(Apache.Arrow.Types.StructType type, Type record, IReadOnlyList<object?> values)
    {
        ArrowBuffer.BitmapBuilder validity = new();
        foreach (object? value in values) validity.Append(value is not null);
        IEnumerable<IArrowArray> columns = Properties(record).Select(property =>
            Column(property.PropertyType, [.. values.Select(value => value is null ? Default(property.PropertyType) : property.GetValue(value))]));
        return new StructArray(type, values.Count, columns, validity.Build(), values.Count(value => value is null));
    }

    static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;
}
