using MetaSpore.Spark.SparkConnect.Protocol;
using SortOrder = MetaSpore.Spark.SparkConnect.Protocol.Expression.Types.SortOrder;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class Column
{
    /// <summary>Whether the value is null.</summary>
    public Column IsNull() => Call("isNull", this);

    /// <summary>Whether the value is not null.</summary>
    public Column IsNotNull() => Call("isNotNull", this);

    /// <summary>Whether the number is NaN.</summary>
    public Column IsNaN() => Call("isNaN", this);

    /// <summary>Whether the value is one of these.</summary>
    public Column IsIn(params object?[] values) => Call("in", [this, .. values.Select(Functions.Lit)]);

    /// <summary>Whether the text fits a LIKE pattern: <c>%</c> is any text, <c>_</c> one character.</summary>
    public Column Like(string pattern) => Call("like", this, Functions.Lit(pattern));

    /// <summary>As <see cref="Like"/>, without regard to case.</summary>
    public Column ILike(string pattern) => Call("ilike", this, Functions.Lit(pattern));

    /// <summary>Whether a part of the text fits a regular expression of Java.</summary>
    public Column RLike(string pattern) => Call("rlike", this, Functions.Lit(pattern));

    /// <summary>Whether the value is at least <paramref name="lower"/> and at most <paramref name="upper"/>.</summary>
    public Column Between(object lower, object upper) => Geq(lower).And(Leq(upper));

    /// <summary>Whether the text begins with another.</summary>
    public Column StartsWith(object other) => Call("startsWith", this, Functions.Lit(other));

    /// <summary>Whether the text ends with another.</summary>
    public Column EndsWith(object other) => Call("endsWith", this, Functions.Lit(other));

    /// <summary>Whether the text holds another.</summary>
    public Column Contains(object other) => Call("contains", this, Functions.Lit(other));

    /// <summary>A part of the text.</summary>
    /// <param name="start">First character, from 1; negative counts from the end.</param>
    /// <param name="length">Number of characters.</param>
    public Column Substr(object start, object length) => Call("substr", this, Functions.Lit(start), Functions.Lit(length));

    /// <summary>An element of an array (from 0) or the value of a key of a map.</summary>
    public Column GetItem(object key) =>
        new(new Expression { UnresolvedExtractValue = new() { Child = Expression, Extraction = Functions.Lit(key).Expression } });

    /// <summary>A field of a struct.</summary>
    public Column GetField(string name) => GetItem(name);

    /// <summary>A further condition with its value, after <see cref="Functions.When"/>.</summary>
    /// <exception cref="InvalidOperationException">This column is not a When, or has its Otherwise already.</exception>
    public Column When(Column condition, object? value) => Extend(Functions.Lit(value), condition);

    /// <summary>The value where no condition of <see cref="Functions.When"/> holds; without it null.</summary>
    /// <exception cref="InvalidOperationException">This column is not a When, or has its Otherwise already.</exception>
    public Column Otherwise(object? value) => Extend(Functions.Lit(value), null);

    /// <summary>Ascending order, nulls first.</summary>
    public Column Asc() => Sorted(SortOrder.Types.SortDirection.Ascending, SortOrder.Types.NullOrdering.SortNullsFirst);

    /// <summary>Ascending order, nulls first.</summary>
    public Column AscNullsFirst() => Asc();

    /// <summary>Ascending order, nulls last.</summary>
    public Column AscNullsLast() => Sorted(SortOrder.Types.SortDirection.Ascending, SortOrder.Types.NullOrdering.SortNullsLast);

    /// <summary>Descending order, nulls last.</summary>
    public Column Desc() => Sorted(SortOrder.Types.SortDirection.Descending, SortOrder.Types.NullOrdering.SortNullsLast);

    /// <summary>Descending order, nulls first.</summary>
    public Column DescNullsFirst() => Sorted(SortOrder.Types.SortDirection.Descending, SortOrder.Types.NullOrdering.SortNullsFirst);

    /// <summary>Descending order, nulls last.</summary>
    public Column DescNullsLast() => Desc();

    /// <summary>The order that this column stands for; a plain value is ascending.</summary>
    internal SortOrder Order() => Expression.SortOrder ?? Asc().Expression.SortOrder;

    Column Sorted(SortOrder.Types.SortDirection direction, SortOrder.Types.NullOrdering nulls) =>
        new(new Expression { SortOrder = new() { Child = Expression, Direction = direction, NullOrdering = nulls } });

    Column Extend(Column value, Column? condition)
    {
        Expression.Types.UnresolvedFunction? when = Expression.UnresolvedFunction;
        if (when?.FunctionName != "when" || when.Arguments.Count % 2 != 0)
            throw new InvalidOperationException("When and Otherwise go on from Functions.When(condition, value), and Otherwise comes once, at the end.");
        Expression.Types.UnresolvedFunction longer = when.Clone();
        if (condition is not null) longer.Arguments.Add(condition.Expression);
        longer.Arguments.Add(value.Expression);
        return new Column(new Expression { UnresolvedFunction = longer });
    }
}
