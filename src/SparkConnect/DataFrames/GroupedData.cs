using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Groups of a DataFrame's rows, to be aggregated. Immutable.</summary>
public sealed class GroupedData
{
    readonly DataFrame _source;
    readonly Aggregate.Types.GroupType _type;
    readonly Column[] _keys;

    internal GroupedData(DataFrame source, Aggregate.Types.GroupType type, Column[] keys)
    {
        _source = source;
        _type = type;
        _keys = keys;
    }

    /// <summary>One row for each group: its keys, then the aggregates.</summary>
    public DataFrame Agg(params Column[] aggregates)
    {
        Aggregate aggregate = new() { Input = _source.Node.Relation, GroupType = _type };
        aggregate.GroupingExpressions.Add(_keys.Select(key => key.Expression));
        aggregate.AggregateExpressions.Add(aggregates.Select(column => column.Expression));
        return _source.With(new Relation { Aggregate = aggregate });
    }

    /// <summary>The number of rows of each group, as the column <c>count</c>.</summary>
    public DataFrame Count() => Agg(Functions.Count(Functions.Lit(1)).Alias("count"));

    /// <summary>Sums of columns, named <c>sum(column)</c>.</summary>
    public DataFrame Sum(params string[] columns) => Each(Functions.Sum, columns);

    /// <summary>Means of columns, named <c>avg(column)</c>.</summary>
    public DataFrame Avg(params string[] columns) => Each(Functions.Avg, columns);

    /// <summary>Least values of columns, named <c>min(column)</c>.</summary>
    public DataFrame Min(params string[] columns) => Each(Functions.Min, columns);

    /// <summary>Greatest values of columns, named <c>max(column)</c>.</summary>
    public DataFrame Max(params string[] columns) => Each(Functions.Max, columns);

    DataFrame Each(Func<Column, Column> aggregate, string[] columns) => columns.Length > 0 ? Agg([.. columns.Select(name => aggregate(Functions.Col(name)))])
        : throw new ArgumentException("Name the columns to aggregate.", nameof(columns));
}
