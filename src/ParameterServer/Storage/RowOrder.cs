namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>In which order the rows of a capture are given.</summary>
enum RowOrder
{
    /// <summary>Ascending keys: equal tables give equal files.</summary>
    Keys,

    /// <summary>As they lie in memory: faster, and differs with the order in which the rows came.</summary>
    Memory,
}
