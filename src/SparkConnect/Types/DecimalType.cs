using System.Globalization;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Exact decimal numbers.</summary>
/// <param name="Precision">Digits, 1 to 38.</param>
/// <param name="Scale">Digits after the point.</param>
public sealed record DecimalType(int Precision, int Scale) : DataType
{
    /// <inheritdoc/>
    public override string SimpleString => string.Create(CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})");

    /// <inheritdoc/>
    public override string Sql => SimpleString.ToUpperInvariant();

    internal override string TreeName => SimpleString;

    /// <summary>Spark's class name with the digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"DecimalType({Precision},{Scale})");
}
