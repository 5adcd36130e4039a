using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;

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
        return new TorchEstimator(Module(job))
        {
            Features = job.Features,
            Hash = job.Features.Hash,
            TrainingEpochs = training.Epochs,
            EarlyStopping = training.EarlyStopping is { } early ? new EarlyStopping(early.Metric, early.Patience) : null,
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
            SparseUpdater = TensorUpdaterJson.Parse(Json(training.SparseUpdater)),
            SparseInitializer = TensorInitializerJson.Parse(Json(training.SparseInitializer)),
            DenseUpdater = TensorUpdaterJson.Parse(Json(training.DenseUpdater)),
            Checkpoint = new CheckpointOptions(training.Checkpoint.Path, training.Checkpoint.EverySteps, training.Checkpoint.Keep),
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

    static string Json(TypedOptions choice)
    {
        JsonObject options = (JsonObject)choice.Options.DeepClone();
        options["type"] = choice.Type;
        return options.ToJsonString();
    }

    static Spec<SparseModule> Module(JobConfig job)
    {
        if (job.Model.Assembly is { } assembly)
        {
            JsonElement? options = job.Model.Options.Count == 0 ? null : JsonSerializer.SerializeToElement(job.Model.Options);
            return Spec<SparseModule>.FromFile(assembly, job.Model.Type, options);
        }

        JsonObject given = (JsonObject)job.Model.Options.DeepClone();
        given["columns"] = job.Features.Schema.ToString();
        given["denseColumns"] = JsonSerializer.SerializeToNode(job.Features.DenseColumns);
        return job.Model.Type switch
        {
            nameof(LogisticRegression) => ModuleSpec.Of<LogisticRegression>(Read<LogisticRegressionOptions>(given, job)),
            nameof(FactorizationMachine) => ModuleSpec.Of<FactorizationMachine>(Read<FactorizationMachineOptions>(given, job)),
            nameof(WideDeep) => ModuleSpec.Of<WideDeep>(Read<WideDeepOptions>(given, job)),
            _ => ModuleSpec.Of<DeepFm>(Read<DeepFmOptions>(given, job)),
        };
    }

    static T Read<T>(JsonObject options, JobConfig job) where T : NetworkOptions
    {
        T read;
        try
        {
            read = options.Deserialize<T>(SpecJson.Options)!;
        }
        catch (JsonException error)
        {
            throw new BadInputException($"{job.File}: the options of model {job.Model.Type} don't fit: {error.Message}", error);
        }

        string[] problems = [.. read.Validate().Select(problem => $"{job.File}: model.{problem}.")];
        return problems.Length == 0 ? read : throw new BadInputException(problems);
    }
}
