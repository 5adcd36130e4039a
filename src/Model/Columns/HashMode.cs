namespace MetaSpore.Spark.Model.Columns;

/// <summary>How the value of a column becomes a 64-bit key. Stored in checkpoints and exports; a mismatch is an error.</summary>
public enum HashMode
{
    /// <summary>XxHash3 of the value, seeded by the column's name.</summary>
    XxHash3,

    /// <summary>The original's BKDR hash and combination, byte-compatible with its tables and servers.</summary>
    MetaSpore,
}
