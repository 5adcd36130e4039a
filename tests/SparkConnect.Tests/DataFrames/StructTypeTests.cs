using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.DataFrames;

public sealed class StructTypeTests
{
    static readonly StructType s_schema = new(
    [
        new("id", DataType.Long, Nullable: false),
        new("a b`c", DataType.Array(DataType.Integer, containsNull: false)),
        new("m", DataType.Map(DataType.String, DataType.Decimal(10, 2))),
        new("s", new StructType([new("x", DataType.TimestampNtz)])),
    ]);

    [Fact]
    public void ToDdl_Always_IsSparks() => Assert.Equal(
        "id BIGINT NOT NULL,`a b``c` ARRAY<INT>,m MAP<STRING, DECIMAL(10,2)>,s STRUCT<x: TIMESTAMP_NTZ>", s_schema.ToDdl());

    [Fact]
    public void SimpleString_Always_IsSparks() => Assert.Equal(
        "struct<id:bigint,a b`c:array<int>,m:map<string,decimal(10,2)>,s:struct<x:timestamp_ntz>>", s_schema.SimpleString);

    [Fact]
    public void ToString_Always_IsSparks() => Assert.Equal(
        "StructType(StructField(id,LongType,false),StructField(a b`c,ArrayType(IntegerType,false),true),"
        + "StructField(m,MapType(StringType,DecimalType(10,2),true),true),StructField(s,StructType(StructField(x,TimestampNTZType,true)),true))", s_schema.ToString());

    [Fact]
    public void TreeString_Always_IsSparks() => Assert.Equal("""
        root
         |-- id: long (nullable = false)
         |-- a b`c: array (nullable = true)
         |    |-- element: integer (containsNull = false)
         |-- m: map (nullable = true)
         |    |-- key: string
         |    |-- value: decimal(10,2) (valueContainsNull = true)
         |-- s: struct (nullable = true)
         |    |-- x: timestamp_ntz (nullable = true)

        """, s_schema.TreeString().ReplaceLineEndings());

    [Fact]
    public void Protocol_ThereAndBack_IsTheSame() => Assert.Equal(s_schema, TypeConversion.FromProtocol(TypeConversion.ToProtocol(s_schema)));
}
