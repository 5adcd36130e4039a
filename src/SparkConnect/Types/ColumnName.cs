using System.Text.RegularExpressions;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Names of columns inside of SQL texts and plans.</summary>
static partial class ColumnName
{
    /// <summary>The name so that it means one column: in back-ticks unless it is a plain word.</summary>
    public static string Quote(string name) => Plain().IsMatch(name) ? name : $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Plain();
}
