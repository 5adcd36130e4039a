using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>The Spark types that Arrow types stand for.</summary>
static class ArrowSchemas
{
    /// <summary>The schema of rows whose types the server did not say.</summary>
    public static StructType ToSpark(Schema schema) =>
        new([.. schema.FieldsList.Select(field => new StructField(field.Name, ToSpark(field.DataType), field.IsNullable))]);

    static DataType ToSpark(IArrowType type) => type switch
    {
        Int64Type => DataType.Long,
        Int32Type => DataType.Integer,
        Int16Type => DataType.Short,
        Int8Type => DataType.Byte,
        FloatType => DataType.Float,
        Apache.Arrow.Types.DoubleType => DataType.Double,
        BooleanType => DataType.Boolean,
        StringType or LargeStringType => DataType.String,
        BinaryType or LargeBinaryType => DataType.Binary,
        Date32Type => DataType.Date,
        TimestampType { Timezone: null } => DataType.TimestampNtz,
        TimestampType => DataType.Timestamp,
        Decimal128Type number => new DecimalType(number.Precision, number.Scale),
        Apache.Arrow.Types.MapType map => new MapType(ToSpark(map.KeyField.DataType), ToSpark(map.ValueField.DataType), map.ValueField.IsNullable),
        ListType list => new ArrayType(ToSpark(list.ValueDataType), list.ValueField.IsNullable),
        Apache.Arrow.Types.StructType fields => new StructType([.. fields.Fields.Select(field => new StructField(field.Name, ToSpark(field.DataType), field.IsNullable))]),
        _ => new AtomicType(type.Name, type.Name),
    };
}
