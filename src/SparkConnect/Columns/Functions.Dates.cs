namespace MetaSpore.Spark.SparkConnect;

public static partial class Functions
{
    /// <summary>Text as a date.</summary>
    public static Column ToDate(Column column) => Column.Call("to_date", column);

    /// <summary>Text as a time.</summary>
    public static Column ToTimestamp(Column column) => Column.Call("to_timestamp", column);

    /// <summary>A date or time as text by a pattern of Spark, such as yyyy-MM-dd.</summary>
    public static Column DateFormat(Column column, string format) => Column.Call("date_format", column, Lit(format));

    /// <summary>The year.</summary>
    public static Column Year(Column column) => Column.Call("year", column);

    /// <summary>The month, from 1.</summary>
    public static Column Month(Column column) => Column.Call("month", column);

    /// <summary>The day of the month, from 1.</summary>
    public static Column DayOfMonth(Column column) => Column.Call("dayofmonth", column);

    /// <summary>1 is Sunday.</summary>
    public static Column DayOfWeek(Column column) => Column.Call("dayofweek", column);

    /// <summary>The hour, 0 to 23.</summary>
    public static Column Hour(Column column) => Column.Call("hour", column);

    /// <summary>The minute.</summary>
    public static Column Minute(Column column) => Column.Call("minute", column);

    /// <summary>The second.</summary>
    public static Column Second(Column column) => Column.Call("second", column);

    /// <summary>The day so many days later.</summary>
    public static Column DateAdd(Column column, object days) => Column.Call("date_add", column, Lit(days));

    /// <summary>The day so many days earlier.</summary>
    public static Column DateSub(Column column, object days) => Column.Call("date_sub", column, Lit(days));

    /// <summary>Days from start to end.</summary>
    public static Column DateDiff(Column end, Column start) => Column.Call("datediff", end, start);

    /// <summary>Seconds since the epoch.</summary>
    public static Column UnixTimestamp(Column column) => Column.Call("unix_timestamp", column);

    /// <summary>Seconds since the epoch as text in the session's time zone.</summary>
    public static Column FromUnixTime(Column column) => Column.Call("from_unixtime", column);

    /// <summary>The day when the query began.</summary>
    public static Column CurrentDate() => Column.Call("current_date");

    /// <summary>The time when the query began.</summary>
    public static Column CurrentTimestamp() => Column.Call("current_timestamp");
}
