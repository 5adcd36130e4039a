using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// A lazy table: a plan that the server carries out when an action (a method whose name ends in Async) is called. Immutable and
/// thread-safe. Names and meanings are those of Spark's DataFrame; see docs/spark-connect.md for the list.
/// </summary>
public sealed partial class DataFrame
{
    readonly PlanNode _node;

    internal DataFrame(SparkSession session, PlanNode node)
    {
        Session = session;
        _node = node;
    }

    /// <summary>The session that the plan belongs to.</summary>
    public SparkSession Session { get; }

    /// <summary>Where the rows are written.</summary>
    public DataFrameWriter Write => new(this);

    internal PlanNode Node => _node;

    /// <summary>A column of exactly this DataFrame, which a join tells apart from one of the same name of another.</summary>
    public Column this[string name]
    {
        get
        {
            Column column = Functions.Col(name);
            if (column.Expression.UnresolvedAttribute is { } attribute) attribute.PlanId = _node.Id;
            else column.Expression.UnresolvedStar.PlanId = _node.Id;
            return column;
        }
    }

    /// <summary>Columns, computed from this row.</summary>
    public DataFrame Select(params Column[] columns)
    {
        Project project = new() { Input = _node.Relation };
        project.Expressions.Add(columns.Select(column => column.Expression));
        return With(new Relation { Project = project });
    }

    /// <summary>Columns by name.</summary>
    public DataFrame Select(params string[] columns) => Select([.. columns.Select(Functions.Col)]);

    /// <summary>Columns as expressions of SQL.</summary>
    public DataFrame SelectExpr(params string[] expressions) => Select([.. expressions.Select(Functions.Expr)]);

    /// <summary>The rows for which the condition is true.</summary>
    public DataFrame Filter(Column condition) => With(new Relation { Filter = new() { Input = _node.Relation, Condition = condition.Expression } });

    /// <summary>The rows for which the condition, written in SQL, is true.</summary>
    public DataFrame Filter(string condition) => Filter(Functions.Expr(condition));

    /// <summary>As <see cref="Filter(Column)"/>.</summary>
    public DataFrame Where(Column condition) => Filter(condition);

    /// <summary>As <see cref="Filter(string)"/>.</summary>
    public DataFrame Where(string condition) => Filter(condition);

    /// <summary>All columns and one more, which takes the place of one of the same name.</summary>
    public DataFrame WithColumn(string name, Column column) => WithColumns([(name, column)]);

    /// <summary>All columns and more, which take the places of those of the same names.</summary>
    public DataFrame WithColumns(params (string Name, Column Column)[] columns)
    {
        WithColumns added = new() { Input = _node.Relation };
        foreach ((string name, Column column) in columns) added.Aliases.Add(new Expression.Types.Alias { Expr = column.Expression, Name = { name } });
        return With(new Relation { WithColumns = added });
    }

    /// <summary>A column renamed; nothing happens when there is none of that name.</summary>
    public DataFrame WithColumnRenamed(string existing, string name)
    {
        WithColumnsRenamed renamed = new() { Input = _node.Relation };
        renamed.RenameColumnsMap.Add(existing, name);
        return With(new Relation { WithColumnsRenamed = renamed });
    }

    /// <summary>Without these columns; names that are not there do not matter.</summary>
    public DataFrame Drop(params string[] names)
    {
        Drop drop = new() { Input = _node.Relation };
        drop.ColumnNames.Add(names);
        return With(new Relation { Drop = drop });
    }

    /// <summary>Without these columns.</summary>
    public DataFrame Drop(params Column[] columns)
    {
        Drop drop = new() { Input = _node.Relation };
        drop.Columns.Add(columns.Select(column => column.Expression));
        return With(new Relation { Drop = drop });
    }

    /// <summary>Rows in order over all partitions.</summary>
    public DataFrame OrderBy(params Column[] columns) => Sorted(isGlobal: true, columns);

    /// <summary>Rows in ascending order of the columns of these names.</summary>
    public DataFrame OrderBy(params string[] columns) => OrderBy([.. columns.Select(Functions.Col)]);

    /// <summary>As <see cref="OrderBy(Column[])"/>.</summary>
    public DataFrame Sort(params Column[] columns) => OrderBy(columns);

    /// <summary>As <see cref="OrderBy(string[])"/>.</summary>
    public DataFrame Sort(params string[] columns) => OrderBy(columns);

    /// <summary>Rows in order inside of each partition.</summary>
    public DataFrame SortWithinPartitions(params Column[] columns) => Sorted(isGlobal: false, columns);

    /// <summary>Rows in ascending order of the columns of these names, inside of each partition.</summary>
    public DataFrame SortWithinPartitions(params string[] columns) => SortWithinPartitions([.. columns.Select(Functions.Col)]);

    /// <summary>At most <paramref name="count"/> rows.</summary>
    public DataFrame Limit(int count) => With(new Relation { Limit = new() { Input = _node.Relation, Limit_ = count } });

    /// <summary>Without the first <paramref name="count"/> rows.</summary>
    public DataFrame Offset(int count) => With(new Relation { Offset = new() { Input = _node.Relation, Offset_ = count } });

    /// <summary>Each different row once.</summary>
    public DataFrame Distinct() => With(new Relation { Deduplicate = new() { Input = _node.Relation, AllColumnsAsKeys = true } });

    /// <summary>One row for each different combination of these columns; without names as <see cref="Distinct"/>.</summary>
    public DataFrame DropDuplicates(params string[] columns)
    {
        if (columns.Length == 0) return Distinct();
        Deduplicate kept = new() { Input = _node.Relation };
        kept.ColumnNames.Add(columns);
        return With(new Relation { Deduplicate = kept });
    }

    /// <summary>A name by which SQL and columns (<c>name.column</c>) refer to this DataFrame.</summary>
    public DataFrame Alias(string name) => With(new Relation { SubqueryAlias = new() { Input = _node.Relation, Alias = name } });

    /// <summary>All columns under new names, one for each.</summary>
    public DataFrame ToDF(params string[] names)
    {
        ToDf named = new() { Input = _node.Relation };
        named.ColumnNames.Add(names);
        return With(new Relation { ToDf = named });
    }

    /// <summary>A hint to the planner, such as <c>broadcast</c>.</summary>
    public DataFrame Hint(string name, params object[] parameters)
    {
        Hint hint = new() { Input = _node.Relation, Name = name };
        hint.Parameters.Add(parameters.Select(parameter => Functions.Lit(parameter).Expression));
        return With(new Relation { Hint = hint });
    }

    internal DataFrame With(Relation relation, params ReadOnlySpan<PlanNode> others) => new(Session, PlanNode.Of(relation, [_node, .. others]));

    DataFrame Sorted(bool isGlobal, Column[] columns)
    {
        Sort sort = new() { Input = _node.Relation, IsGlobal = isGlobal };
        sort.Order.Add(columns.Select(column => column.Order()));
        return With(new Relation { Sort = sort });
    }
}
