namespace MetaSpore.Spark.SparkConnect;

/// <summary>What is done when the target is there already.</summary>
public enum SaveMode
{
    /// <summary>The rows are added.</summary>
    Append = 1,

    /// <summary>The target is replaced.</summary>
    Overwrite = 2,

    /// <summary>An error.</summary>
    ErrorIfExists = 3,

    /// <summary>Nothing.</summary>
    Ignore = 4,
}
