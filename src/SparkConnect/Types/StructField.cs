namespace MetaSpore.Spark.SparkConnect;

/// <summary>A column of a schema, or a field of a struct.</summary>
/// <param name="Name">Its name, any text.</param>
/// <param name="DataType">Its type.</param>
/// <param name="Nullable">Whether it can be null.</param>
/// <param name="Metadata">JSON object with whatever a source or a tool keeps there; null for none.</param>
public sealed record StructField(string Name, DataType DataType, bool Nullable = true, string? Metadata = null)
{
    /// <summary>The field as in CREATE TABLE: <c>id BIGINT NOT NULL</c>.</summary>
    public string ToDdl() => $"{ColumnName.Quote(Name)} {DataType.Sql}{(Nullable ? "" : " NOT NULL")}";

    /// <summary>As Spark's Scala API writes it: <c>StructField(id,LongType,false)</c>.</summary>
    public override string ToString() => $"StructField({Name},{DataType},{(Nullable ? "true" : "false")})";
}
