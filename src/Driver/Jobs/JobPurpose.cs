namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>What a job file is read for; decides which keys must be there.</summary>
enum JobPurpose
{
    /// <summary>Training: data, features and output are needed.</summary>
    Train,

    /// <summary>Training on Spark: as training, with rows that Spark reads.</summary>
    TrainOnSpark,

    /// <summary>Only reading its rows: data is needed.</summary>
    Convert,
}
