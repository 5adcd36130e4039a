using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// Functions of Spark SQL that make columns, under PySpark's names. Where a parameter is an <c>object</c>, a <see cref="Column"/> is meant as it
/// is and everything else as a literal. Functions that are not listed: <see cref="CallFunction"/> or <see cref="Expr"/>.
/// </summary>
public static partial class Functions
{
    /// <summary>A column by its name; nested fields after dots, other characters in back-ticks; <c>*</c> is all columns.</summary>
    public static Column Col(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == "*") return new Column(new Expression { UnresolvedStar = new() });
        if (name.EndsWith(".*", StringComparison.Ordinal)) return new Column(new Expression { UnresolvedStar = new() { UnparsedTarget = name } });
        return new Column(new Expression { UnresolvedAttribute = new() { UnparsedIdentifier = name } });
    }

    /// <summary>A value as a literal; a <see cref="Column"/> stays what it is, a sequence becomes an array.</summary>
    /// <exception cref="ArgumentException">The value's type has no literal.</exception>
    public static Column Lit(object? value) => value as Column ?? new Column(new Expression { Literal = Literals.Of(value) });

    /// <summary>An expression of SQL.</summary>
    public static Column Expr(string sql) => new(new Expression { ExpressionString = new() { Expression = sql } });

    /// <summary>Any function of Spark or a registered one, by name.</summary>
    public static Column CallFunction(string name, params Column[] arguments)
    {
        CallFunction call = new() { FunctionName = name };
        foreach (Column argument in arguments) call.Arguments.Add(argument.Expression);
        return new Column(new Expression { CallFunction = call });
    }

    /// <summary>A value where a condition holds; go on with <see cref="Column.When"/> and <see cref="Column.Otherwise"/>.</summary>
    public static Column When(Column condition, object? value) => Column.Call("when", condition, Lit(value));

    /// <summary>The first of the columns that is not null.</summary>
    public static Column Coalesce(params Column[] columns) => Column.Call("coalesce", columns);

    /// <summary>The columns' values as an array.</summary>
    public static Column Array(params Column[] columns) => Column.Call("array", columns);

    /// <summary>The columns as fields of a struct.</summary>
    public static Column Struct(params Column[] columns) => Column.Call("struct", columns);

    /// <summary>Keys and values in turn as a map.</summary>
    public static Column CreateMap(params Column[] columns) => Column.Call("map", columns);

    /// <summary>Texts, or arrays, one after the other.</summary>
    public static Column Concat(params Column[] columns) => Column.Call("concat", columns);

    /// <summary>Texts with a separator between.</summary>
    public static Column ConcatWs(string separator, params Column[] columns) => Column.Call("concat_ws", [Lit(separator), .. columns]);

    /// <summary>Murmur3 of the values, 32 bits.</summary>
    public static Column Hash(params Column[] columns) => Column.Call("hash", columns);

    /// <summary>XxHash64 of the values with seed 42, 64 bits.</summary>
    public static Column XxHash64(params Column[] columns) => Column.Call("xxhash64", columns);

    /// <summary>The greatest of the columns; nulls do not count.</summary>
    public static Column Greatest(params Column[] columns) => Column.Call("greatest", columns);

    /// <summary>The least of the columns; nulls do not count.</summary>
    public static Column Least(params Column[] columns) => Column.Call("least", columns);

    /// <summary>Uniform in [0, 1), independent rows.</summary>
    /// <param name="seed">Seed of the sequence; null for a random one.</param>
    public static Column Rand(long? seed = null) => Column.Call("rand", Lit(seed ?? Random.Shared.NextInt64()));

    /// <summary>Standard normal, independent rows.</summary>
    /// <param name="seed">Seed of the sequence; null for a random one.</param>
    public static Column Randn(long? seed = null) => Column.Call("randn", Lit(seed ?? Random.Shared.NextInt64()));

    /// <summary>Increasing numbers, unique but not consecutive: the partition in the upper 31 bits, the row in the lower 33.</summary>
    public static Column MonotonicallyIncreasingId() => Column.Call("monotonically_increasing_id");

    /// <summary>Number of the partition that the row is in.</summary>
    public static Column SparkPartitionId() => Column.Call("spark_partition_id");

    /// <summary>Ascending order by a column's name.</summary>
    public static Column Asc(string name) => Col(name).Asc();

    /// <summary>Descending order by a column's name.</summary>
    public static Column Desc(string name) => Col(name).Desc();

    static Column Distinct(string function, params Column[] columns)
    {
        Column call = Column.Call(function, columns);
        call.Expression.UnresolvedFunction.IsDistinct = true;
        return call;
    }
}
