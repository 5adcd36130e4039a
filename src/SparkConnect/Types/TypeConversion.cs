using System.Globalization;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Types of the protocol to and from ours.</summary>
static class TypeConversion
{
    static readonly Protocol.DataType.Types.Plain s_plain = new();

    /// <summary>Our type for one that the server sent.</summary>
    public static DataType FromProtocol(Protocol.DataType type) => type.KindCase switch
    {
        Protocol.DataType.KindOneofCase.Long => DataType.Long,
        Protocol.DataType.KindOneofCase.Integer => DataType.Integer,
        Protocol.DataType.KindOneofCase.Short => DataType.Short,
        Protocol.DataType.KindOneofCase.Byte => DataType.Byte,
        Protocol.DataType.KindOneofCase.Float => DataType.Float,
        Protocol.DataType.KindOneofCase.Double => DataType.Double,
        Protocol.DataType.KindOneofCase.Boolean => DataType.Boolean,
        Protocol.DataType.KindOneofCase.String => String(type.String.Collation),
        Protocol.DataType.KindOneofCase.Binary => DataType.Binary,
        Protocol.DataType.KindOneofCase.Date => DataType.Date,
        Protocol.DataType.KindOneofCase.Timestamp => DataType.Timestamp,
        Protocol.DataType.KindOneofCase.TimestampNtz => DataType.TimestampNtz,
        Protocol.DataType.KindOneofCase.Null => DataType.Null,
        Protocol.DataType.KindOneofCase.Decimal => new DecimalType(
            type.Decimal.HasPrecision ? type.Decimal.Precision : 10, type.Decimal.HasScale ? type.Decimal.Scale : 0),
        Protocol.DataType.KindOneofCase.Array => new ArrayType(FromProtocol(type.Array.ElementType), type.Array.ContainsNull),
        Protocol.DataType.KindOneofCase.Map => new MapType(FromProtocol(type.Map.KeyType), FromProtocol(type.Map.ValueType), type.Map.ValueContainsNull),
        Protocol.DataType.KindOneofCase.Struct => Schema(type),
        Protocol.DataType.KindOneofCase.Udt when type.Udt.SqlType is { } stored => FromProtocol(stored),
        _ => Rare(type),
    };

    /// <summary>The schema that a struct of the protocol means.</summary>
    public static StructType Schema(Protocol.DataType type) => new([.. type.Struct.Fields.Select(field => new StructField(
        field.Name, FromProtocol(field.DataType), field.Nullable, field.HasMetadata && field.Metadata.Length > 0 ? field.Metadata : null))]);

    /// <summary>The protocol's type for one of ours.</summary>
    public static Protocol.DataType ToProtocol(DataType type) => type switch
    {
        AtomicType atomic => Atomic(atomic),
        DecimalType number => new Protocol.DataType { Decimal = new() { Precision = number.Precision, Scale = number.Scale } },
        ArrayType array => new Protocol.DataType { Array = new() { ElementType = ToProtocol(array.Element), ContainsNull = array.ContainsNull } },
        MapType map => new Protocol.DataType
        {
            Map = new() { KeyType = ToProtocol(map.Key), ValueType = ToProtocol(map.Value), ValueContainsNull = map.ValueContainsNull },
        },
        StructType schema => Struct(schema),
        _ => throw new ArgumentException($"no type of Spark: {type}", nameof(type)),
    };

    static Protocol.DataType Struct(StructType schema)
    {
        Protocol.DataType.Types.Struct fields = new();
        foreach (StructField field in schema.Fields)
        {
            Protocol.DataType.Types.StructField one = new() { Name = field.Name, DataType = ToProtocol(field.DataType), Nullable = field.Nullable };
            if (field.Metadata is not null) one.Metadata = field.Metadata;
            fields.Fields.Add(one);
        }

        return new Protocol.DataType { Struct = fields };
    }

    static Protocol.DataType Atomic(AtomicType type) => type.Keyword switch
    {
        "bigint" => new Protocol.DataType { Long = s_plain },
        "int" => new Protocol.DataType { Integer = s_plain },
        "smallint" => new Protocol.DataType { Short = s_plain },
        "tinyint" => new Protocol.DataType { Byte = s_plain },
        "float" => new Protocol.DataType { Float = s_plain },
        "double" => new Protocol.DataType { Double = s_plain },
        "boolean" => new Protocol.DataType { Boolean = s_plain },
        "string" => new Protocol.DataType { String = new() },
        "binary" => new Protocol.DataType { Binary = s_plain },
        "date" => new Protocol.DataType { Date = s_plain },
        "timestamp" => new Protocol.DataType { Timestamp = s_plain },
        "timestamp_ntz" => new Protocol.DataType { TimestampNtz = s_plain },
        "void" => new Protocol.DataType { Null = s_plain },
        _ => new Protocol.DataType { Unparsed = new() { DataTypeString = type.Keyword } },
    };

    static DataType String(string collation) =>
        collation is "" or "UTF8_BINARY" ? DataType.String : new AtomicType($"StringType({collation})", $"string collate {collation}");

    static AtomicType Rare(Protocol.DataType type) => type.KindCase switch
    {
        Protocol.DataType.KindOneofCase.Char => Sized("CharType", "char", type.Char.Length),
        Protocol.DataType.KindOneofCase.VarChar => Sized("VarcharType", "varchar", type.VarChar.Length),
        Protocol.DataType.KindOneofCase.CalendarInterval => new AtomicType("CalendarIntervalType", "interval"),
        Protocol.DataType.KindOneofCase.YearMonthInterval => Interval("YearMonthIntervalType", type.YearMonthInterval, ["year", "month"]),
        Protocol.DataType.KindOneofCase.DayTimeInterval => Interval("DayTimeIntervalType", type.DayTimeInterval, ["day", "hour", "minute", "second"]),
        Protocol.DataType.KindOneofCase.Variant => new AtomicType("VariantType", "variant"),
        Protocol.DataType.KindOneofCase.Time => Sized("TimeType", "time", type.Time.HasPrecision ? type.Time.Precision : 6),
        Protocol.DataType.KindOneofCase.Unparsed => new AtomicType(type.Unparsed.DataTypeString, type.Unparsed.DataTypeString),
        _ => new AtomicType("UnknownType", "unknown"),
    };

    static AtomicType Sized(string name, string keyword, int length) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}({length})"), string.Create(CultureInfo.InvariantCulture, $"{keyword}({length})"));

    static AtomicType Interval(string name, Protocol.DataType.Types.Interval interval, string[] units)
    {
        int start = interval.HasStartField ? interval.StartField : 0;
        int end = interval.HasEndField ? interval.EndField : units.Length - 1;
        if (start < 0 || end < start || end >= units.Length) return new AtomicType(name, "interval");
        return new AtomicType(string.Create(CultureInfo.InvariantCulture, $"{name}({start},{end})"),
            start == end ? $"interval {units[start]}" : $"interval {units[start]} to {units[end]}");
    }
}
