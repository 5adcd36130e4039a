using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class DataFrame
{
    /// <summary>Rows of both where the columns of these names are equal; the columns come once.</summary>
    /// <param name="other">The right side, of the same session.</param>
    /// <param name="columns">Names that both sides have.</param>
    /// <param name="type">Which rows without a partner stay.</param>
    public DataFrame Join(DataFrame other, IEnumerable<string> columns, JoinType type = JoinType.Inner)
    {
        Join join = Joined(other, type);
        join.UsingColumns.Add(columns);
        return With(new Relation { Join = join }, Same(other)._node);
    }

    /// <summary>Rows of both where the column of this name is equal; the column comes once.</summary>
    public DataFrame Join(DataFrame other, string column, JoinType type = JoinType.Inner) => Join(other, [column], type);

    /// <summary>Rows of both where a condition holds; use <c>left["id"].EqualTo(right["id"])</c> for columns of the same name.</summary>
    public DataFrame Join(DataFrame other, Column condition, JoinType type = JoinType.Inner)
    {
        Join join = Joined(other, type);
        join.JoinCondition = condition.Expression;
        return With(new Relation { Join = join }, Same(other)._node);
    }

    /// <summary>Each row with each row of the other.</summary>
    public DataFrame CrossJoin(DataFrame other) => With(new Relation { Join = Joined(other, JoinType.Cross) }, Same(other)._node);

    /// <summary>The rows of both, columns by position, duplicates kept.</summary>
    public DataFrame Union(DataFrame other) => SetOperation(other, Protocol.SetOperation.Types.SetOpType.Union, isAll: true, byName: false, allowMissing: false);

    /// <summary>The rows of both, columns by name, duplicates kept.</summary>
    /// <param name="other">The other rows.</param>
    /// <param name="allowMissingColumns">Whether columns that one side lacks are null there; else they are an error.</param>
    public DataFrame UnionByName(DataFrame other, bool allowMissingColumns = false) =>
        SetOperation(other, Protocol.SetOperation.Types.SetOpType.Union, isAll: true, byName: true, allowMissingColumns);

    /// <summary>The different rows that both have.</summary>
    public DataFrame Intersect(DataFrame other) => SetOperation(other, Protocol.SetOperation.Types.SetOpType.Intersect, isAll: false, byName: false, allowMissing: false);

    /// <summary>The different rows that the other lacks.</summary>
    public DataFrame Except(DataFrame other) => SetOperation(other, Protocol.SetOperation.Types.SetOpType.Except, isAll: false, byName: false, allowMissing: false);

    /// <summary>Groups of rows with equal values of the columns.</summary>
    public GroupedData GroupBy(params Column[] columns) => new(this, Aggregate.Types.GroupType.Groupby, columns);

    /// <summary>Groups of rows with equal values of the columns of these names; without a name all rows are one group.</summary>
    public GroupedData GroupBy(params string[] columns) => GroupBy([.. columns.Select(Functions.Col)]);

    /// <summary>Groups by all columns, by all but the last, and so on to all rows as one.</summary>
    public GroupedData Rollup(params Column[] columns) => new(this, Aggregate.Types.GroupType.Rollup, columns);

    /// <summary>Groups by every subset of the columns.</summary>
    public GroupedData Cube(params Column[] columns) => new(this, Aggregate.Types.GroupType.Cube, columns);

    /// <summary>Aggregates over all rows.</summary>
    public DataFrame Agg(params Column[] aggregates) => GroupBy(System.Array.Empty<Column>()).Agg(aggregates);

    Join Joined(DataFrame other, JoinType type) => new() { Left = _node.Relation, Right = other._node.Relation, JoinType = (Join.Types.JoinType)type };

    DataFrame SetOperation(DataFrame other, Protocol.SetOperation.Types.SetOpType type, bool isAll, bool byName, bool allowMissing)
    {
        SetOperation operation = new()
        {
            LeftInput = _node.Relation,
            RightInput = Same(other)._node.Relation,
            SetOpType = type,
            IsAll = isAll,
            ByName = byName,
            AllowMissingColumns = allowMissing,
        };
        return With(new Relation { SetOp = operation }, other._node);
    }

    DataFrame Same(DataFrame other) => ReferenceEquals(Session, other.Session) ? other
        : throw new ArgumentException("Both DataFrames must belong to the same session.", nameof(other));
}
