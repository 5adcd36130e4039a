using System.Text.Json;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.Udfs.Features;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Checks an estimator and its data before anything starts, collecting every problem, and resolves what is left open.</summary>
static class JobPreparation
{
    /// <summary>Checks and resolves a job.</summary>
    /// <exception cref="BadInputException">Something is wrong; the message has every problem found.</exception>
    public static async Task<PreparedJob> PrepareAsync(TorchEstimator estimator, Dataset training, CancellationToken cancellationToken)
    {
        var problems = new List<string>(estimator.Validate());
        problems.AddRange(OutputPaths.Problems(estimator));
        problems.AddRange(ClusterProblems(estimator));
        if (training is SparkDataset) problems.AddRange(SparkProblems(estimator));
        using SparseModel? model = TryCreate(() => SparseModel.Create(estimator.Module, Defaults(estimator), estimator.Seed), problems);
        if (estimator.AgentClass is { } agent) TryCreate(agent.Create, problems);
        if (problems.Count > 0) throw new BadInputException(problems);
        OutputPaths.RequireFree(estimator);

        string work = WorkPath(estimator, out bool isTemporary);
        string rowsPath = StorageLocation.IsRemote(work) ? Path.Combine(Path.GetTempPath(), $"metaspore-rows-{Guid.NewGuid():N}") : work;
        try
        {
            training = estimator.TrainingDatasetTransformer?.Invoke(training) ?? training;
            Dataset? validation = estimator.ValidationDataset is { } rows && estimator.ValidationDatasetTransformer is { } transformer
                ? transformer(rows)
                : estimator.ValidationDataset;
            var sources = new BatchSources(estimator, model!, rowsPath, training is SparkDataset);
            IJobRows trainingRows = await sources.OpenAsync(training, "training", problems, cancellationToken)
                ?? throw new BadInputException(problems);
            IJobRows? validationRows = validation is null ? null : await sources.OpenAsync(validation, "validation", problems, cancellationToken);
            IJobRows? testRows = estimator.TestDataset is null ? null : await sources.OpenAsync(estimator.TestDataset, "test", problems, cancellationToken);
            if (problems.Count > 0) throw new BadInputException(problems);

            InputModel? input = estimator.ModelInPath is { } path ? InputModel.Open(path) : null;
            if (input is not null) await input.Reader.VerifyAsync(cancellationToken);
            JobTicket ticket = Ticket(estimator, model!, trainingRows);
            ModuleCheck.Run(model!, ticket);
            StoreLayout layout = Layout(estimator, model!);
            if (input is not null && !estimator.UseFreshUpdaters) layout = input.WithStoredUpdaters(layout);
            input?.Check(ticket, layout, estimator.LoadsState);
            problems.AddRange(estimator.ImportFrom.SelectMany(rows => rows.Problems(layout)));
            if (problems.Count > 0) throw new BadInputException(problems);

            var messages = new List<string>();
            InputFingerprint? fingerprint = trainingRows.Fingerprint();
            JobIdentity identity = Identity(estimator, ticket, trainingRows, input);
            ResumedRun? resumed = estimator.Resume ? ResumedRun.TryOpen(estimator.Checkpoint, identity, fingerprint, messages) : null;
            // Another pass over the rows could only repeat what the snapshot, or the model to continue from, knows.
            ticket = ticket with
            {
                FeatureState = resumed?.Features ?? input?.Description?.Ticket.FeatureState ?? await FitAsync(estimator, trainingRows, cancellationToken),
            };
            return new PreparedJob
            {
                Estimator = estimator,
                Ticket = ticket,
                Identity = identity,
                InputFingerprint = fingerprint,
                Description = Describe(estimator, ticket, trainingRows),
                Layout = layout,
                Training = trainingRows,
                Validation = validationRows,
                Test = testRows,
                ModelOutPath = StorageLocation.Normalize(estimator.ModelOutPath!),
                Overwrite = estimator.Overwrite,
                WorkPath = work,
                WorkPathIsTemporary = isTemporary,
                RowsPath = rowsPath,
                Resumed = resumed,
                Input = input,
                Imports = [.. estimator.ImportFrom.Select(rows => rows with { HashMode = ticket.Hash })],
                Messages = messages,
            };
        }
        catch
        {
            if (isTemporary) PreparedJob.Delete(work);
            if (rowsPath != work) PreparedJob.Delete(rowsPath);
            throw;
        }
    }

    static T? TryCreate<T>(Func<T> create, List<string> problems)
        where T : class
    {
        try
        {
            return create();
        }
        catch (BadInputException error)
        {
            problems.AddRange(error.Problems);
            return null;
        }
    }

    static IEnumerable<string> ClusterProblems(TorchEstimator estimator)
    {
        if (estimator.Cluster is not { } cluster) yield break;
        if (estimator.AgentClass is not null)
            yield return $"{nameof(estimator.AgentClass)} and {nameof(estimator.Cluster)} are both set; agents run beside workers of this process or of Spark: leave one out.";
        if (cluster.BFloat16 && estimator.Mode == TrainingMode.Sync)
            yield return $"{nameof(estimator.Cluster)}.{nameof(cluster.BFloat16)} is set, but synchronous training exchanges float32: leave it out.";
        if (cluster.MaxRestarts < 0) yield return $"{nameof(estimator.Cluster)}.{nameof(cluster.MaxRestarts)} is {cluster.MaxRestarts}; expected at least 0.";
        if (cluster.SilenceTimeout < TimeSpan.FromSeconds(5))
            yield return $"{nameof(estimator.Cluster)}.{nameof(cluster.SilenceTimeout)} is {cluster.SilenceTimeout.TotalSeconds} s; expected at least 5 s.";
    }

    static IEnumerable<string> SparkProblems(TorchEstimator estimator)
    {
        foreach (string problem in estimator.Spark.Problems()) yield return $"{nameof(estimator.Spark)}.{problem}";
        if (estimator.Cluster is not null)
            yield return $"{nameof(estimator.Cluster)} is set, but the training rows are on Spark, whose executors do the work: leave it out.";
        if (estimator.AgentClass?.ShippingProblem is { } unshippable) yield return $"{nameof(estimator.AgentClass)}: {unshippable}";
        if (estimator.Spark.BFloat16 && estimator.Mode == TrainingMode.Sync)
            yield return $"{nameof(estimator.Spark)}.{nameof(estimator.Spark.BFloat16)} is set, but synchronous training exchanges float32: leave it out.";
    }

    static SparseModelDefaults Defaults(TorchEstimator estimator) => new()
    {
        SparseUpdater = estimator.SparseUpdater,
        SparseInitializer = estimator.SparseInitializer,
        DenseUpdater = estimator.DenseUpdater,
    };

    // The best epoch and converted inputs live beside the snapshots, so that a resumed run finds them; else in a folder that goes away.
    static string WorkPath(TorchEstimator estimator, out bool isTemporary)
    {
        isTemporary = estimator.Checkpoint is null;
        return estimator.Checkpoint is { } checkpoint
            ? StorageLocation.Normalize(checkpoint.Path)
            : StorageLocation.Normalize(estimator.ModelOutPath!) + $".work-{Guid.NewGuid():N}";
    }

    static async Task<FeatureState> FitAsync(TorchEstimator estimator, IJobRows rows, CancellationToken cancellationToken) => estimator.Features switch
    {
        null => new FeatureState(),
        { NeedsFitting: false } spec => FeatureState.Of(spec),
        { } spec => await rows.FitAsync(spec, cancellationToken),
    };

    static JobTicket Ticket(TorchEstimator estimator, SparseModel model, IJobRows rows) => new()
    {
        Module = estimator.Module,
        Defaults = Defaults(estimator),
        Loss = estimator.LossFunction,
        Metric = estimator.Metric,
        TrainingPreprocessor = estimator.TrainingMinibatchPreprocessor ?? estimator.MinibatchPreprocessor,
        ValidationPreprocessor = estimator.ValidationMinibatchPreprocessor ?? estimator.MinibatchPreprocessor,
        TrainingTransformer = estimator.TrainingMinibatchTransformer,
        ValidationTransformer = estimator.ValidationMinibatchTransformer,
        Hooks = estimator.WorkerHooks,
        Hash = estimator.Features?.Hash ?? estimator.Hash,
        DenseTransform = estimator.Features is null ? DenseTransform.None : DenseTransform.SignedLog,
        LabelColumn = rows.Spec.Label?.Column,
        AnyLabel = rows.Spec.Label?.AnyNumber ?? false,
        WorkerCount = estimator.WorkerCount,
        Seed = estimator.Seed,
        PipelineDepth = estimator.PipelineDepth,
        TorchThreads = rows is SparkRows && estimator.TorchThreads == 0 ? estimator.Spark.WorkerCpu : TorchThreads(estimator, model),
    };

    // In a network with little dense work the threads of libtorch would only wait, busily, on the processors that read and extract.
    static int TorchThreads(TorchEstimator estimator, SparseModel model)
    {
        const long WorthSharing = 1 << 24;
        if (estimator.TorchThreads > 0) return estimator.TorchThreads;
        long products = estimator.BatchSize * model.DenseTensors.Sum(tensor => tensor.ElementCount);
        return products < WorthSharing ? 1 : Math.Max(1, Environment.ProcessorCount / estimator.WorkerCount);
    }

    static StoreLayout Layout(TorchEstimator estimator, SparseModel model) => new()
    {
        RunId = Guid.Empty,
        HashMode = estimator.Features?.Hash ?? estimator.Hash,
        Tables = model.Tables,
        DenseTensors = model.DenseTensors,
        Seed = estimator.Seed,
        WorkerCount = estimator.WorkerCount,
        Mode = estimator.Mode,
        StalenessBound = estimator.StalenessBound,
    };

    static JobIdentity Identity(TorchEstimator estimator, JobTicket ticket, IJobRows rows, InputModel? input) => JobIdentity.Of(
        ("workers", ticket.WorkerCount),
        ("batch size", estimator.BatchSize),
        ("seed", ticket.Seed),
        ("shuffle", estimator.ShuffleTrainingDataset),
        ("shuffle window", estimator.ShuffleTrainingDataset ? estimator.ShuffleWindow : 0),
        ("mode", estimator.Mode.ToString()),
        ("pipeline depth", ticket.PipelineDepth),
        ("torch threads", ticket.TorchThreads),
        ("checkpoint steps", estimator.Checkpoint?.EverySteps ?? 0),
        ("hash mode", ticket.Hash.ToString()),
        ("features", estimator.Features),
        ("network", new { ticket.Module.Type, ticket.Module.Options }),
        ("updaters", ticket.Defaults),
        ("input model", input is null ? null : new { input.Reader.Directory, input.Reader.Manifest?.RunId, estimator.UseFreshUpdaters, estimator.LoadsState }),
        ("rows", rows.Identity));

    static ModelDescription Describe(TorchEstimator estimator, JobTicket ticket, IJobRows rows) => new()
    {
        Ticket = ticket,
        Dataset = rows.Spec,
        LabelColumn = estimator.OutputLabelColumnName,
        PredictionColumn = estimator.OutputPredictionColumnName,
        ExperimentName = estimator.ExperimentName,
        ModelVersion = estimator.ModelVersion,
        Settings = Settings(estimator),
        Data = [.. rows.Names.Select(name => KeyValuePair.Create("training rows", name))],
    };

    static KeyValuePair<string, string>[] Settings(TrainingOptions options) =>
        [.. JsonSerializer.SerializeToElement(options, SpecJson.Options).EnumerateObject()
            .Select(property => KeyValuePair.Create(property.Name, property.Value.ToString()))];
}
