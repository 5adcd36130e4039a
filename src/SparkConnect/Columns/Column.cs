using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// An expression over the columns of a DataFrame. Immutable. Where a method takes an <c>object</c>, a <see cref="Column"/> is meant as it
/// is and everything else as a literal; a name of a column is <see cref="Functions.Col"/>. There is no <c>==</c>: use <see cref="EqualTo"/>.
/// </summary>
public sealed partial class Column
{
    internal Column(Expression expression) => Expression = expression;

    internal Expression Expression { get; }

    /// <summary>A whole number as a literal.</summary>
    public static implicit operator Column(int value) => Functions.Lit(value);

    /// <summary>A whole number as a literal.</summary>
    public static implicit operator Column(long value) => Functions.Lit(value);

    /// <summary>A number as a literal.</summary>
    public static implicit operator Column(float value) => Functions.Lit(value);

    /// <summary>A number as a literal.</summary>
    public static implicit operator Column(double value) => Functions.Lit(value);

    /// <summary>A number as a literal.</summary>
    public static implicit operator Column(decimal value) => Functions.Lit(value);

    /// <summary>True or false as a literal.</summary>
    public static implicit operator Column(bool value) => Functions.Lit(value);

    /// <summary>Sum.</summary>
    public static Column operator +(Column left, Column right) => Call("+", left, right);

    /// <summary>Difference.</summary>
    public static Column operator -(Column left, Column right) => Call("-", left, right);

    /// <summary>Product.</summary>
    public static Column operator *(Column left, Column right) => Call("*", left, right);

    /// <summary>Quotient; of whole numbers too it is a double.</summary>
    public static Column operator /(Column left, Column right) => Call("/", left, right);

    /// <summary>Remainder with the sign of the left side.</summary>
    public static Column operator %(Column left, Column right) => Call("%", left, right);

    /// <summary>The negative.</summary>
    public static Column operator -(Column value) => Call("negative", value);

    /// <summary>Both conditions.</summary>
    public static Column operator &(Column left, Column right) => Call("and", left, right);

    /// <summary>One of the conditions or both.</summary>
    public static Column operator |(Column left, Column right) => Call("or", left, right);

    /// <summary>The opposite of a condition.</summary>
    public static Column operator !(Column value) => Call("not", value);

    /// <summary>Less.</summary>
    public static Column operator <(Column left, Column right) => Call("<", left, right);

    /// <summary>Greater.</summary>
    public static Column operator >(Column left, Column right) => Call(">", left, right);

    /// <summary>Less or equal.</summary>
    public static Column operator <=(Column left, Column right) => Call("<=", left, right);

    /// <summary>Greater or equal.</summary>
    public static Column operator >=(Column left, Column right) => Call(">=", left, right);

    /// <summary>Equal; null when a side is null.</summary>
    public Column EqualTo(object? other) => Call("==", this, Functions.Lit(other));

    /// <summary>Not equal; null when a side is null.</summary>
    public Column NotEqual(object? other) => Call("not", EqualTo(other));

    /// <summary>Equal, where null equals null and nothing else.</summary>
    public Column EqNullSafe(object? other) => Call("<=>", this, Functions.Lit(other));

    /// <summary>Greater.</summary>
    public Column Gt(object? other) => Call(">", this, Functions.Lit(other));

    /// <summary>Less.</summary>
    public Column Lt(object? other) => Call("<", this, Functions.Lit(other));

    /// <summary>Greater or equal.</summary>
    public Column Geq(object? other) => Call(">=", this, Functions.Lit(other));

    /// <summary>Less or equal.</summary>
    public Column Leq(object? other) => Call("<=", this, Functions.Lit(other));

    /// <summary>Both conditions.</summary>
    public Column And(Column other) => Call("and", this, other);

    /// <summary>One of the conditions or both.</summary>
    public Column Or(Column other) => Call("or", this, other);

    /// <summary>The opposite of this condition.</summary>
    public Column Not() => Call("not", this);

    /// <summary>The value as another type, given as in SQL, such as <c>double</c> or <c>array&lt;int&gt;</c>.</summary>
    public Column Cast(string type) => new(new Expression { Cast = new() { Expr = Expression, TypeStr = type } });

    /// <summary>The value as another type.</summary>
    public Column Cast(DataType type) => new(new Expression { Cast = new() { Expr = Expression, Type = TypeConversion.ToProtocol(type) } });

    /// <summary>The same value under a name; several names for a function that makes several columns.</summary>
    public Column Alias(params string[] names)
    {
        Expression.Types.Alias alias = new() { Expr = Expression };
        alias.Name.Add(names.Length > 0 ? names : throw new ArgumentException("an alias needs a name", nameof(names)));
        return new Column(new Expression { Alias = alias });
    }

    /// <summary>The same value under a name.</summary>
    public Column As(string name) => Alias(name);

    internal static Column Call(string function, params ReadOnlySpan<Column> arguments)
    {
        Expression.Types.UnresolvedFunction call = new() { FunctionName = function };
        foreach (Column argument in arguments) call.Arguments.Add(argument.Expression);
        return new Column(new Expression { UnresolvedFunction = call });
    }
}
