namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>One of the three lists of inputs of a job.</summary>
enum DataSplit
{
    /// <summary>data.train</summary>
    Train,

    /// <summary>data.validation</summary>
    Validation,

    /// <summary>data.test</summary>
    Test,
}
