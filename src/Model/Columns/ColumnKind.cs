namespace MetaSpore.Spark.Model.Columns;

/// <summary>What a reader makes of a column.</summary>
public enum ColumnKind
{
    /// <summary>One text value a row: Arrow utf8 (a missing cell is null).</summary>
    Text,

    /// <summary>A list of text values a row: Arrow list of utf8.</summary>
    TextList,

    /// <summary>A number: Arrow double (a missing cell is null).</summary>
    Number,

    /// <summary>The label: Arrow float, 0 or 1 (or any number when the label rule says so), never null.</summary>
    Label,
}
