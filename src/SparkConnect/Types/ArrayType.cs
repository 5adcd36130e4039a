namespace MetaSpore.Spark.SparkConnect;

/// <summary>A sequence of values of one type.</summary>
/// <param name="Element">Type of the elements.</param>
/// <param name="ContainsNull">Whether an element can be null.</param>
public sealed record ArrayType(DataType Element, bool ContainsNull = true) : DataType
{
    /// <inheritdoc/>
    public override string SimpleString => $"array<{Element.SimpleString}>";

    /// <inheritdoc/>
    public override string Sql => $"ARRAY<{Element.Sql}>";

    internal override string TreeName => "array";

    /// <summary>Spark's class name with its parts.</summary>
    public override string ToString() => $"ArrayType({Element},{(ContainsNull ? "true" : "false")})";
}
