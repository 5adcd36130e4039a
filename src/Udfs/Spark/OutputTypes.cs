using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The types that Spark's reader of results accepts, and their names for messages.</summary>
static class OutputTypes
{
    /// <summary>Throws unless Spark accepts the columns.</summary>
    /// <exception cref="InvalidOperationException">A column's type is refused; the message names the column.</exception>
    public static void Check(Schema schema, TaskLayoutVersion spark)
    {
        foreach (Field field in schema.FieldsList)
            if (Refused(field.DataType, spark) is { } refused)
                throw new InvalidOperationException(
                    $"the output column \"{field.Name}\" is {Describe(field.DataType)}; Spark does not accept {Describe(refused)}{Cure(refused)}");
    }

    /// <summary>The type as text, with everything that makes it differ from others.</summary>
    public static string Describe(IArrowType type) => type switch
    {
        TimestampType timestamp => $"timestamp[{timestamp.Unit}{(timestamp.Timezone is { Length: > 0 } zone ? ", " + zone : "")}]",
        Time64Type time => $"time64[{time.Unit}]",
        DurationType duration => $"duration[{duration.Unit}]",
        IntervalType interval => $"interval[{interval.Unit}]",
        Decimal128Type decimals =>
            string.Create(CultureInfo.InvariantCulture, $"decimal128({decimals.Precision}, {decimals.Scale})"),
        NestedType nested => $"{type.Name}<{string.Join(", ", nested.Fields.Select(child => $"{child.Name}: {Describe(child.DataType)}"))}>",
        _ => type.Name,
    };

    static IArrowType? Refused(IArrowType type, TaskLayoutVersion spark)
    {
        bool accepted = type switch
        {
            TimestampType timestamp => timestamp.Unit == TimeUnit.Microsecond,
            DurationType duration => duration.Unit == TimeUnit.Microsecond,
            Time64Type time => time.Unit == TimeUnit.Nanosecond && spark >= TaskLayoutVersion.Spark41,
            IntervalType interval => interval.Unit == IntervalUnit.YearMonth
                || (interval.Unit == IntervalUnit.MonthDayNanosecond && spark >= TaskLayoutVersion.Spark40),
            NestedType => type.TypeId is ArrowTypeId.List or ArrowTypeId.Map or ArrowTypeId.Struct,
            _ => type.TypeId is ArrowTypeId.Null or ArrowTypeId.Boolean or ArrowTypeId.Int8 or ArrowTypeId.Int16 or ArrowTypeId.Int32 or ArrowTypeId.Int64
                or ArrowTypeId.Float or ArrowTypeId.Double or ArrowTypeId.Decimal128 or ArrowTypeId.String or ArrowTypeId.LargeString
                or ArrowTypeId.Binary or ArrowTypeId.LargeBinary or ArrowTypeId.Date32,
        };
        if (!accepted) return type;
        return type is NestedType nested
            ? nested.Fields.Select(child => Refused(child.DataType, spark)).FirstOrDefault(refused => refused is not null)
            : null;
    }

    static string Cure(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.UInt8 or ArrowTypeId.UInt16 or ArrowTypeId.UInt32 or ArrowTypeId.UInt64 => ": write a signed integer",
        ArrowTypeId.HalfFloat => ": write float",
        ArrowTypeId.FixedSizeList or ArrowTypeId.LargeList => ": write list",
        ArrowTypeId.FixedSizedBinary => ": write binary",
        ArrowTypeId.Timestamp or ArrowTypeId.Duration => ": write microseconds",
        ArrowTypeId.Date64 => ": write date32",
        _ => "",
    };
}
