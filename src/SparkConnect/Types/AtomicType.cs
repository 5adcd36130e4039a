namespace MetaSpore.Spark.SparkConnect;

/// <summary>A type without parts.</summary>
/// <param name="Name">Name of Spark's class, such as <c>LongType</c>.</param>
/// <param name="Keyword">Name in lower-case SQL, such as <c>bigint</c>; with parameters such as <c>varchar(10)</c>.</param>
public sealed record AtomicType(string Name, string Keyword) : DataType
{
    /// <inheritdoc/>
    public override string SimpleString => Keyword;

    /// <inheritdoc/>
    public override string Sql => Keyword.ToUpperInvariant();

    internal override string TreeName => Keyword switch
    {
        "bigint" => "long",
        "int" => "integer",
        "smallint" => "short",
        "tinyint" => "byte",
        _ => Keyword,
    };

    /// <summary>Spark's class name.</summary>
    public override string ToString() => Name;
}
