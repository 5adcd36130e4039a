namespace MetaSpore.Spark.SparkConnect;

/// <summary>Keys, each once, with values.</summary>
/// <param name="Key">Type of the keys.</param>
/// <param name="Value">Type of the values.</param>
/// <param name="ValueContainsNull">Whether a value can be null.</param>
public sealed record MapType(DataType Key, DataType Value, bool ValueContainsNull = true) : DataType
{
    /// <inheritdoc/>
    public override string SimpleString => $"map<{Key.SimpleString},{Value.SimpleString}>";

    /// <inheritdoc/>
    public override string Sql => $"MAP<{Key.Sql}, {Value.Sql}>";

    internal override string TreeName => "map";

    /// <summary>Spark's class name with its parts.</summary>
    public override string ToString() => $"MapType({Key},{Value},{(ValueContainsNull ? "true" : "false")})";
}
