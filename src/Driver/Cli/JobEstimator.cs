using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>Says with an estimator what a job file says.</summary>
static class JobEstimator
{
    /// <summary>The training rows of a job.</summary>
    public static LocalDataset Training(JobConfig job) => new(job.Data.For(DataSplit.Train));

    /// <summary>The estimator of a job.</summary>
    /// <exception cref="BadInputException">The network's options don't fit it.</exception>
    public static TorchEstimator Of(JobConfig job, bool resume, ITrainingObserver observer)
    {
        return new TorchEstimator(job.Model.CreateSpec(job.Features), job.Training)
        {
            Features = job.Features,
            Hash = job.Features.Hash,
            ValidationDataset = job.Data.Validation.Count > 0 ? new LocalDataset(job.Data.For(DataSplit.Validation)) : null,
            TestDataset = job.Data.Test.Count > 0 ? new LocalDataset(job.Data.For(DataSplit.Test)) : null,
            ModelInPath = job.Input?.Model,
            ImportFrom = job.Input?.ImportFrom ?? [],
            ModelOutPath = job.Output!.Model,
            Overwrite = job.Output.Overwrite,
            Resume = resume,
            Cluster = job.UsesProcesses ? job.Cluster : null,
            Observer = observer,
        };
    }
}
