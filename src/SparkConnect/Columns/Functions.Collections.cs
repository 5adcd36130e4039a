namespace MetaSpore.Spark.SparkConnect;

public static partial class Functions
{
    /// <summary>Number of elements of an array or a map.</summary>
    public static Column Size(Column column) => Column.Call("size", column);

    /// <summary>A row for each element of an array, or key and value of a map.</summary>
    public static Column Explode(Column column) => Column.Call("explode", column);

    /// <summary>As Explode, with one row of null for an empty or null value.</summary>
    public static Column ExplodeOuter(Column column) => Column.Call("explode_outer", column);

    /// <summary>As Explode, with the position, from 0, in a column before.</summary>
    public static Column PosExplode(Column column) => Column.Call("posexplode", column);

    /// <summary>Whether the array holds the value.</summary>
    public static Column ArrayContains(Column column, object? value) => Column.Call("array_contains", column, Lit(value));

    /// <summary>An element of an array, from 1, or the value of a key.</summary>
    public static Column ElementAt(Column column, object key) => Column.Call("element_at", column, Lit(key));

    /// <summary>The elements in order.</summary>
    public static Column SortArray(Column column, bool ascending = true) => Column.Call("sort_array", column, Lit(ascending));

    /// <summary>The different elements.</summary>
    public static Column ArrayDistinct(Column column) => Column.Call("array_distinct", column);

    /// <summary>The elements as one text.</summary>
    public static Column ArrayJoin(Column column, string separator) => Column.Call("array_join", column, Lit(separator));

    /// <summary>Arrays of an array one after the other.</summary>
    public static Column Flatten(Column column) => Column.Call("flatten", column);

    /// <summary>The keys as an array.</summary>
    public static Column MapKeys(Column column) => Column.Call("map_keys", column);

    /// <summary>The values as an array.</summary>
    public static Column MapValues(Column column) => Column.Call("map_values", column);

    /// <summary>A struct, array or map as JSON text.</summary>
    public static Column ToJson(Column column) => Column.Call("to_json", column);

    /// <summary>A part of a JSON text by path, such as $.a[0].</summary>
    public static Column GetJsonObject(Column column, string path) => Column.Call("get_json_object", column, Lit(path));
}
