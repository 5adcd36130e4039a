using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>
/// Trains a network with embedding operators on the rows of a data set. An immutable value: <c>with</c> makes variants.
/// Everything that runs on a worker is a spec, so that workers can live anywhere; delegates run in this process only.
/// <code>
/// var estimator = new TorchEstimator(ModuleSpec.Of&lt;DeepFm&gt;(options)) { WorkerCount = 2, ModelOutPath = "out/ctr" };
/// TorchModel model = await estimator.FitAsync(LocalDataset.Parquet("train.parquet") with { Label = new("clicked") });
/// </code>
/// </summary>
public sealed record TorchEstimator : TrainingOptions, IEstimator
{
    /// <summary>Creates an estimator for a network.</summary>
    /// <param name="module">The network; every worker builds its own copy.</param>
    public TorchEstimator(Spec<SparseModule> module) => Module = module;

    /// <summary>Creates an estimator for a network with training options that come from elsewhere, such as a job file.</summary>
    /// <param name="module">The network; every worker builds its own copy.</param>
    /// <param name="training">How to train.</param>
    public TorchEstimator(Spec<SparseModule> module, TrainingOptions training) : base(training) => Module = module;

    /// <summary>The network.</summary>
    public Spec<SparseModule> Module { get; init; }

    /// <summary>
    /// How columns become features. Null: every column of the network's schemas is hashed as it is, and dense columns are
    /// taken as they are.
    /// </summary>
    public FeatureSpec? Features { get; init; }

    /// <summary>Hash mode when <see cref="Features"/> is null.</summary>
    public HashMode Hash { get; init; }

    /// <summary>The loss; null: mean log-loss of probabilities.</summary>
    public Spec<LossFunction>? LossFunction { get; init; }

    /// <summary>The metric; null: <see cref="BinaryClassificationModelMetric"/>.</summary>
    public Spec<ModelMetric>? Metric { get; init; }

    /// <summary>Replaces forward and loss in training; null: the default step.</summary>
    public Spec<MinibatchTransformer>? TrainingMinibatchTransformer { get; init; }

    /// <summary>Replaces forward in validation, and in scoring with the finished model; null: the default step.</summary>
    public Spec<MinibatchTransformer>? ValidationMinibatchTransformer { get; init; }

    /// <summary>
    /// A program of one's own around the training: one agent beside the coordinator and one beside every worker, which can talk to
    /// each other. Null: none.
    /// </summary>
    public Spec<TorchAgent>? AgentClass { get; init; }

    /// <summary>Changes minibatches before extraction, in training and validation.</summary>
    public Spec<MinibatchPreprocessor>? MinibatchPreprocessor { get; init; }

    /// <summary>Changes training minibatches instead of <see cref="MinibatchPreprocessor"/>.</summary>
    public Spec<MinibatchPreprocessor>? TrainingMinibatchPreprocessor { get; init; }

    /// <summary>Changes validation and scoring minibatches instead of <see cref="MinibatchPreprocessor"/>.</summary>
    public Spec<MinibatchPreprocessor>? ValidationMinibatchPreprocessor { get; init; }

    /// <summary>Called on every worker when it starts and stops.</summary>
    public Spec<WorkerHooks>? WorkerHooks { get; init; }

    /// <summary>Makes the training rows out of the given ones, before anything else; null: they are taken as they are.</summary>
    public Func<Dataset, Dataset>? TrainingDatasetTransformer { get; init; }

    /// <summary>The same for <see cref="ValidationDataset"/>.</summary>
    public Func<Dataset, Dataset>? ValidationDatasetTransformer { get; init; }

    /// <summary>Called in this process after validation and before workers start.</summary>
    public Action<TorchEstimator>? CoordinatorStartHook { get; init; }

    /// <summary>Called in this process after everything has ended, also after a failure.</summary>
    public Action<TorchEstimator>? CoordinatorStopHook { get; init; }

    /// <summary>Rows that decide early stopping; null: none.</summary>
    public Dataset? ValidationDataset { get; init; }

    /// <summary>Rows that the finished model is measured on; null: none.</summary>
    public Dataset? TestDataset { get; init; }

    /// <summary>
    /// A model to continue from: its rows and dense tensors, and its optimiser states as <see cref="TrainingOptions.FreshState"/>
    /// says; null: from scratch.
    /// </summary>
    public string? ModelInPath { get; init; }

    /// <summary>
    /// Rows for single tables from elsewhere, in this order, after <see cref="ModelInPath"/>. Key columns are hashed in the
    /// fit's own mode, whatever <see cref="TableImport.HashMode"/> says.
    /// </summary>
    public IReadOnlyList<TableImport> ImportFrom { get; init; } = [];

    /// <summary>Folder of the model to write. Required; must not be the one read, nor hold anything without <see cref="Overwrite"/>.</summary>
    public string? ModelOutPath { get; init; }

    /// <summary>Whether an existing model at <see cref="ModelOutPath"/> may be replaced, once the new one is complete.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Continue the last snapshot of <see cref="TrainingOptions.Checkpoint"/>, if there is one.</summary>
    public bool Resume { get; init; }

    /// <summary>A label for reports, kept with the model.</summary>
    public string? ExperimentName { get; init; }

    /// <summary>A version for reports, kept with the model.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Column of the label in results.</summary>
    public string OutputLabelColumnName { get; init; } = "label";

    /// <summary>Column of the prediction in results.</summary>
    public string OutputPredictionColumnName { get; init; } = "rawPrediction";

    /// <summary>Shards and workers as processes of this machine; null: threads of this process.</summary>
    public ClusterOptions? Cluster { get; init; }

    /// <summary>How a fit on a <see cref="SparkDataset"/> uses Spark; other data sets don't look at it.</summary>
    public SparkOptions Spark { get; init; } = new();

    /// <summary>Watches the run; null: nobody.</summary>
    public ITrainingObserver? Observer { get; init; }

    /// <summary>Trains and writes the model.</summary>
    /// <param name="dataset">The training rows, with a label.</param>
    /// <param name="cancellationToken">
    /// Asks for an end: with <see cref="TrainingOptions.Checkpoint"/> after one more snapshot, else at once.
    /// </param>
    /// <exception cref="BadInputException">Options, network, data or files are wrong; all problems found before the start at once.</exception>
    /// <exception cref="OperationCanceledException">The run was interrupted before its end.</exception>
    public async Task<TorchModel> FitAsync(Dataset dataset, CancellationToken cancellationToken = default)
    {
        TrainingSummary summary = await TrainAsync(dataset, cancellationToken);
        if (summary.Outcome == TrainingOutcome.Interrupted)
        {
            throw new OperationCanceledException(
                summary.CheckpointPath is null
                    ? "Training was interrupted; no checkpoint was asked for, so nothing is kept."
                    : $"Training was interrupted; fit again with {nameof(Resume)} = true to continue from '{summary.CheckpointPath}'.",
                cancellationToken);
        }

        return TorchModel.Load(ModelOutPath!) with { Summary = summary, Spark = Spark };
    }

    /// <summary>Trains on the rows of a DataFrame whose column <c>label</c> is 0 or 1; a <see cref="SparkDataset"/> says more.</summary>
    /// <inheritdoc cref="FitAsync(Dataset, CancellationToken)"/>
    public Task<TorchModel> FitAsync(DataFrame frame, CancellationToken cancellationToken = default) => FitAsync(new SparkDataset(frame), cancellationToken);

    async Task<ITransformer> IEstimator.FitAsync(Dataset dataset, CancellationToken cancellationToken) =>
        await FitAsync(dataset, cancellationToken);

    /// <summary>Trains and writes the model; an interruption is an outcome and not an exception.</summary>
    internal async Task<TrainingSummary> TrainAsync(Dataset dataset, CancellationToken interrupt)
    {
        if (dataset is SparkDataset)
        {
            return await ClusterTraining.RunAsync(
                ForSpark(), dataset, Spark.MaxRestarts, async (given, layout, logger) => await SparkEngine.StartAsync(given, layout, Spark, logger), interrupt);
        }

        if (Cluster is { } cluster)
        {
            return await ClusterTraining.RunAsync(
                this, dataset, cluster.MaxRestarts, async (given, layout, logger) => await ProcessEngine.StartAsync(given, layout, cluster, logger), interrupt);
        }

        using PreparedJob job = await JobPreparation.PrepareAsync(this, dataset, interrupt);
        try
        {
            CoordinatorStartHook?.Invoke(this);
            return await TrainingRun.RunAsync(
                job,
                async (layout, logger) => await ThreadEngine.CreateAsync(job, layout, logger),
                Observer ?? SilentObserver.Instance,
                canBeContinued: false,
                interrupt);
        }
        finally
        {
            CoordinatorStopHook?.Invoke(this);
        }
    }

    // Without an order that can be repeated, a snapshot amid an epoch is nothing to go on from.
    TorchEstimator ForSpark() => Spark.Replay == ReplayMode.Epoch && Checkpoint is { EverySteps: > 0 } checkpoint
        ? this with { Checkpoint = checkpoint with { EverySteps = 0 } }
        : this;
}
