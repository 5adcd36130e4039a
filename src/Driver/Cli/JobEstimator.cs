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
        TrainingConfig training = job.Training;
        return new TorchEstimator(job.Model.CreateSpec(job.Features))
        {
            Features = job.Features,
            Hash = job.Features.Hash,
            TrainingEpochs = training.Epochs,
            EarlyStopping = training.EarlyStopping,
            BatchSize = training.BatchSize,
            WorkerCount = training.Workers,
            ServerCount = training.Servers,
            Mode = training.Mode,
            StalenessBound = training.StalenessBound,
            PipelineDepth = training.PipelineDepth,
            ShuffleTrainingDataset = training.Shuffle,
            ShuffleWindow = training.ShuffleWindow,
            Seed = training.Seed,
            TorchThreads = training.TorchThreads,
            MetricUpdateInterval = training.MetricUpdateInterval,
            MaxSparseFeatureAge = training.MaxSparseFeatureAge,
            SparseUpdater = training.SparseUpdater,
            SparseInitializer = training.SparseInitializer,
            DenseUpdater = training.DenseUpdater,
            Checkpoint = training.Checkpoint,
            ValidationDataset = job.Data.Validation.Count > 0 ? new LocalDataset(job.Data.For(DataSplit.Validation)) : null,
            TestDataset = job.Data.Test.Count > 0 ? new LocalDataset(job.Data.For(DataSplit.Test)) : null,
            ModelInPath = job.Input?.Model,
            UseFreshUpdaters = job.Input?.UseFreshUpdaters ?? true,
            ModelOutPath = job.Output!.Model,
            Overwrite = job.Output.Overwrite,
            Resume = resume,
            Observer = observer,
        };
    }
}
