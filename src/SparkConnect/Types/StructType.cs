using System.Text;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Named fields in order: the schema of a DataFrame, or the type of a struct column.</summary>
/// <param name="Fields">The fields.</param>
public sealed record StructType(IReadOnlyList<StructField> Fields) : DataType
{
    /// <summary>Names of the fields in order.</summary>
    public IReadOnlyList<string> FieldNames => [.. Fields.Select(one => one.Name)];

    /// <inheritdoc/>
    public override string SimpleString => $"struct<{string.Join(',', Fields.Select(one => $"{one.Name}:{one.DataType.SimpleString}"))}>";

    /// <inheritdoc/>
    public override string Sql =>
        $"STRUCT<{string.Join(", ", Fields.Select(one => $"{ColumnName.Quote(one.Name)}: {one.DataType.Sql}{(one.Nullable ? "" : " NOT NULL")}"))}>";

    internal override string TreeName => "struct";

    /// <summary>The schema as in CREATE TABLE: <c>id BIGINT NOT NULL,name STRING</c>.</summary>
    public string ToDdl() => string.Join(',', Fields.Select(one => one.ToDdl()));

    /// <summary>The schema as <c>printSchema</c> shows it, with a line for each field and part.</summary>
    public string TreeString()
    {
        StringBuilder text = new("root\n");
        AppendFields(text, this, " ");
        return text.ToString();
    }

    /// <summary>As Spark's Scala API writes it: <c>StructType(StructField(id,LongType,false))</c>.</summary>
    public override string ToString() => $"StructType({string.Join(',', Fields)})";

    /// <summary>Whether both have equal fields in the same order.</summary>
    public bool Equals(StructType? other) => other is not null && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => Fields.Aggregate(17, HashCode.Combine);

    static void AppendFields(StringBuilder text, StructType type, string indent)
    {
        foreach (StructField field in type.Fields)
        {
            text.Append(indent).Append("|-- ").Append(field.Name).Append(": ").Append(field.DataType.TreeName)
                .Append(" (nullable = ").Append(field.Nullable ? "true" : "false").Append(")\n");
            AppendParts(text, field.DataType, indent + "|    ");
        }
    }

    static void AppendParts(StringBuilder text, DataType type, string indent)
    {
        switch (type)
        {
            case StructType inner:
                AppendFields(text, inner, indent);
                break;
            case ArrayType array:
                AppendPart(text, "element", array.Element, $" (containsNull = {(array.ContainsNull ? "true" : "false")})", indent);
                break;
            case MapType map:
                AppendPart(text, "key", map.Key, "", indent);
                AppendPart(text, "value", map.Value, $" (valueContainsNull = {(map.ValueContainsNull ? "true" : "false")})", indent);
                break;
        }
    }

    static void AppendPart(StringBuilder text, string name, DataType type, string note, string indent)
    {
        text.Append(indent).Append("|-- ").Append(name).Append(": ").Append(type.TreeName).Append(note).Append('\n');
        AppendParts(text, type, indent + "|    ");
    }
}
