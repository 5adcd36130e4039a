namespace MetaSpore.Spark.Testing.Stores;

/// <summary>What a store of the tests does instead of answering.</summary>
public enum StoreFault
{
    /// <summary>Answers 500.</summary>
    ServerError,

    /// <summary>Denies the permission.</summary>
    Denied,

    /// <summary>Breaks the connection in the middle of the content.</summary>
    Truncated,

    /// <summary>Sends content with one other byte.</summary>
    Changed,

    /// <summary>Does not answer until the caller gives up.</summary>
    Silent,
}
