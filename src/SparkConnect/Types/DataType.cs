namespace MetaSpore.Spark.SparkConnect;

/// <summary>A type of Spark SQL. <c>ToString</c> writes it as Spark's Scala API does, such as <c>LongType</c>.</summary>
public abstract record DataType
{
    /// <summary>64-bit integer.</summary>
    public static DataType Long { get; } = new AtomicType("LongType", "bigint");

    /// <summary>32-bit integer.</summary>
    public static DataType Integer { get; } = new AtomicType("IntegerType", "int");

    /// <summary>16-bit integer.</summary>
    public static DataType Short { get; } = new AtomicType("ShortType", "smallint");

    /// <summary>8-bit integer.</summary>
    public static DataType Byte { get; } = new AtomicType("ByteType", "tinyint");

    /// <summary>32-bit floating point.</summary>
    public static DataType Float { get; } = new AtomicType("FloatType", "float");

    /// <summary>64-bit floating point.</summary>
    public static DataType Double { get; } = new AtomicType("DoubleType", "double");

    /// <summary>True or false.</summary>
    public static DataType Boolean { get; } = new AtomicType("BooleanType", "boolean");

    /// <summary>UTF-8 text.</summary>
    public static DataType String { get; } = new AtomicType("StringType", "string");

    /// <summary>Bytes.</summary>
    public static DataType Binary { get; } = new AtomicType("BinaryType", "binary");

    /// <summary>A day.</summary>
    public static DataType Date { get; } = new AtomicType("DateType", "date");

    /// <summary>A point in time, in microseconds.</summary>
    public static DataType Timestamp { get; } = new AtomicType("TimestampType", "timestamp");

    /// <summary>Date and time of a clock without time zone, in microseconds.</summary>
    public static DataType TimestampNtz { get; } = new AtomicType("TimestampNTZType", "timestamp_ntz");

    /// <summary>The type of a literal null.</summary>
    public static DataType Null { get; } = new AtomicType("NullType", "void");

    /// <summary>The type as Spark writes it in messages, in lower case: <c>bigint</c>, <c>struct&lt;a:bigint&gt;</c>.</summary>
    public abstract string SimpleString { get; }

    /// <summary>The type as it stands in SQL: <c>BIGINT</c>, <c>STRUCT&lt;a: BIGINT&gt;</c>.</summary>
    public abstract string Sql { get; }

    /// <summary>The word that a printed schema shows for the type, such as <c>long</c>.</summary>
    internal abstract string TreeName { get; }

    /// <summary>Decimal numbers with up to <paramref name="precision"/> digits (1 to 38), <paramref name="scale"/> of them after the point.</summary>
    public static DataType Decimal(int precision, int scale) => new DecimalType(precision, scale);

    /// <summary>A sequence.</summary>
    public static DataType Array(DataType element, bool containsNull = true) => new ArrayType(element, containsNull);

    /// <summary>Keys with values.</summary>
    public static DataType Map(DataType key, DataType value, bool valueContainsNull = true) => new MapType(key, value, valueContainsNull);
}
