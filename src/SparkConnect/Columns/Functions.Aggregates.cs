namespace MetaSpore.Spark.SparkConnect;

public static partial class Functions
{
    /// <summary>Number of rows where the column is not null.</summary>
    public static Column Count(Column column) => Column.Call("count", column);

    /// <summary>Sum; null without a value.</summary>
    public static Column Sum(Column column) => Column.Call("sum", column);

    /// <summary>Arithmetic mean; null without a value.</summary>
    public static Column Avg(Column column) => Column.Call("avg", column);

    /// <summary>Arithmetic mean; null without a value.</summary>
    public static Column Mean(Column column) => Column.Call("avg", column);

    /// <summary>Least value.</summary>
    public static Column Min(Column column) => Column.Call("min", column);

    /// <summary>Greatest value.</summary>
    public static Column Max(Column column) => Column.Call("max", column);

    /// <summary>The first value of the group in whatever order its rows come.</summary>
    public static Column First(Column column) => Column.Call("first", column);

    /// <summary>The last value of the group in whatever order its rows come.</summary>
    public static Column Last(Column column) => Column.Call("last", column);

    /// <summary>Standard deviation of a sample.</summary>
    public static Column StdDev(Column column) => Column.Call("stddev", column);

    /// <summary>Variance of a sample.</summary>
    public static Column Variance(Column column) => Column.Call("var_samp", column);

    /// <summary>Skewness.</summary>
    public static Column Skewness(Column column) => Column.Call("skewness", column);

    /// <summary>Kurtosis in excess of the normal distribution.</summary>
    public static Column Kurtosis(Column column) => Column.Call("kurtosis", column);

    /// <summary>Pearson's correlation of two columns.</summary>
    public static Column Corr(Column left, Column right) => Column.Call("corr", left, right);

    /// <summary>All values of the group as an array.</summary>
    public static Column CollectList(Column column) => Column.Call("collect_list", column);

    /// <summary>The different values of the group as an array.</summary>
    public static Column CollectSet(Column column) => Column.Call("collect_set", column);

    /// <summary>Number of different values within about 5 %.</summary>
    public static Column ApproxCountDistinct(Column column) => Column.Call("approx_count_distinct", column);

    /// <summary>A value that about this part (0 to 1) of the values do not exceed; greater accuracy costs memory.</summary>
    public static Column PercentileApprox(Column column, double percentage, int accuracy = 10000) => Column.Call("percentile_approx", column, Lit(percentage), Lit(accuracy));

    /// <summary>Number of different combinations of values, those with a null left out.</summary>
    public static Column CountDistinct(params Column[] columns) => Distinct("count", columns);

    /// <summary>Sum of the different values.</summary>
    public static Column SumDistinct(Column column) => Distinct("sum", column);
}
