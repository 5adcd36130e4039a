namespace MetaSpore.Spark.SparkConnect;

/// <summary>Which rows a join keeps.</summary>
public enum JoinType
{
    /// <summary>Pairs only.</summary>
    Inner = 1,

    /// <summary>Pairs, and the rows of both sides without a partner.</summary>
    FullOuter = 2,

    /// <summary>Pairs, and the left rows without a partner.</summary>
    LeftOuter = 3,

    /// <summary>Pairs, and the right rows without a partner.</summary>
    RightOuter = 4,

    /// <summary>The left rows without a partner, left columns only.</summary>
    LeftAnti = 5,

    /// <summary>The left rows with a partner, left columns only.</summary>
    LeftSemi = 6,

    /// <summary>Every pair.</summary>
    Cross = 7,
}
