namespace MetaSpore.Spark.SparkConnect;

public static partial class Functions
{
    /// <summary>Absolute value.</summary>
    public static Column Abs(Column column) => Column.Call("abs", column);

    /// <summary>Square root.</summary>
    public static Column Sqrt(Column column) => Column.Call("sqrt", column);

    /// <summary>e to the power of the value.</summary>
    public static Column Exp(Column column) => Column.Call("exp", column);

    /// <summary>Natural logarithm.</summary>
    public static Column Log(Column column) => Column.Call("ln", column);

    /// <summary>Logarithm to base 2.</summary>
    public static Column Log2(Column column) => Column.Call("log2", column);

    /// <summary>Logarithm to base 10.</summary>
    public static Column Log10(Column column) => Column.Call("log10", column);

    /// <summary>Natural logarithm of one plus the value.</summary>
    public static Column Log1p(Column column) => Column.Call("log1p", column);

    /// <summary>e to the power of the value, minus one.</summary>
    public static Column Expm1(Column column) => Column.Call("expm1", column);

    /// <summary>Power.</summary>
    public static Column Pow(Column value, object exponent) => Column.Call("power", value, Lit(exponent));

    /// <summary>The greatest whole number that is not above.</summary>
    public static Column Floor(Column column) => Column.Call("floor", column);

    /// <summary>The least whole number that is not below.</summary>
    public static Column Ceil(Column column) => Column.Call("ceil", column);

    /// <summary>Rounded to digits after the point, halves away from zero.</summary>
    public static Column Round(Column column, int scale = 0) => Column.Call("round", column, Lit(scale));

    /// <summary>Rounded to digits after the point, halves to the even neighbour.</summary>
    public static Column BRound(Column column, int scale = 0) => Column.Call("bround", column, Lit(scale));

    /// <summary>-1, 0 or 1.</summary>
    public static Column Signum(Column column) => Column.Call("signum", column);

    /// <summary>Sine of radians.</summary>
    public static Column Sin(Column column) => Column.Call("sin", column);

    /// <summary>Cosine of radians.</summary>
    public static Column Cos(Column column) => Column.Call("cos", column);

    /// <summary>Tangent of radians.</summary>
    public static Column Tan(Column column) => Column.Call("tan", column);

    /// <summary>Hyperbolic tangent.</summary>
    public static Column Tanh(Column column) => Column.Call("tanh", column);

    /// <summary>Remainder that is never negative for a positive divisor.</summary>
    public static Column Pmod(Column value, object divisor) => Column.Call("pmod", value, Lit(divisor));

    /// <summary>Whether the number is NaN.</summary>
    public static Column IsNaN(Column column) => Column.Call("isNaN", column);

    /// <summary>Whether the value is null.</summary>
    public static Column IsNull(Column column) => Column.Call("isNull", column);

    /// <summary>The value, or the other where it is NaN.</summary>
    public static Column NaNvl(Column value, Column other) => Column.Call("nanvl", value, other);
}
