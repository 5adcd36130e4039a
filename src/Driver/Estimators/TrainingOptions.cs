using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>How a fit trains: everything about it that is plain data. Immutable; written to checkpoints and reports as JSON.</summary>
public record TrainingOptions
{
    /// <summary>Passes over the training rows, at least 1; or 0 with a model to start from, which is then taken over as it is.</summary>
    public int TrainingEpochs { get; init; } = 1;

    /// <summary>Rows of a minibatch (B), at least 1.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Workers (W), at least 1: threads of this process on one machine.</summary>
    public int WorkerCount { get; init; } = 1;

    /// <summary>Shards (S), at least 1.</summary>
    public int ServerCount { get; init; } = 1;

    /// <summary>How the steps of several workers are ordered.</summary>
    public TrainingMode Mode { get; init; } = TrainingMode.Async;

    /// <summary>Largest lead of a worker in steps, at least 0; only for <see cref="TrainingMode.BoundedStaleness"/>.</summary>
    public int StalenessBound { get; init; } = 4;

    /// <summary>
    /// 0: each step sees all earlier ones. 1: transport and updates overlap compute, one step stale; not in
    /// <see cref="TrainingMode.Sync"/>.
    /// </summary>
    public int PipelineDepth { get; init; }

    /// <summary>Whether each epoch reads the rows in another order.</summary>
    public bool ShuffleTrainingDataset { get; init; }

    /// <summary>Rows held in memory to shuffle, at least 1.</summary>
    public int ShuffleWindow { get; init; } = 1_000_000;

    /// <summary>Seed of initial values, shuffling and dropout.</summary>
    public ulong Seed { get; init; } = 17;

    /// <summary>Updater of embedding tables that name none of their own.</summary>
    public TensorUpdater SparseUpdater { get; init; } = new AdaGradTensorUpdater(0.02);

    /// <summary>Initialiser of embedding tables that name none of their own.</summary>
    public TensorInitializer SparseInitializer { get; init; } = new NormalTensorInitializer(0, 0.01);

    /// <summary>Updater of dense parameters.</summary>
    public TensorUpdater DenseUpdater { get; init; } = new AdamTensorUpdater(0.001);

    /// <summary>Early stopping; null: all epochs, and with validation rows the last epoch is kept.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Snapshots of the run; null: none.</summary>
    public CheckpointOptions? Checkpoint { get; init; }

    /// <summary>Rows that got no gradient in so many fits are dropped at the end of this one; at least 1.</summary>
    public int MaxSparseFeatureAge { get; init; } = 15;

    /// <summary>
    /// With a model to continue from: true takes this fit's updaters and initialisers, false those stored with the model.
    /// </summary>
    public bool UseFreshUpdaters { get; init; } = true;

    /// <summary>
    /// With a model to continue from: whether optimiser states start at zero instead of going on from the model's. Null: as
    /// <see cref="UseFreshUpdaters"/>. False with fresh updaters is MetaSpore's way: new options, such as another learning
    /// rate, for the old states. A fit without an epoch keeps them unless this is true.
    /// </summary>
    public bool? FreshState { get; init; }

    /// <summary>Whether the states of the model to continue from are loaded.</summary>
    internal bool LoadsState => !(FreshState ?? (UseFreshUpdaters && TrainingEpochs > 0));

    /// <summary>Threads of libtorch in each worker; 0: cores divided by workers, or 1 for a network with little dense work. Results depend on it.</summary>
    public int TorchThreads { get; init; }

    /// <summary>Steps between two progress reports of a worker, at least 1.</summary>
    public int MetricUpdateInterval { get; init; } = 10;

    /// <summary>Every violated range and contradiction, one sentence each.</summary>
    public IEnumerable<string> Validate()
    {
        foreach ((string name, long value, long least) in new (string, long, long)[]
        {
            (nameof(TrainingEpochs), TrainingEpochs, 0), (nameof(BatchSize), BatchSize, 1),
            (nameof(WorkerCount), WorkerCount, 1), (nameof(ServerCount), ServerCount, 1),
            (nameof(StalenessBound), StalenessBound, 0), (nameof(ShuffleWindow), ShuffleWindow, 1),
            (nameof(MaxSparseFeatureAge), MaxSparseFeatureAge, 1), (nameof(TorchThreads), TorchThreads, 0),
            (nameof(MetricUpdateInterval), MetricUpdateInterval, 1),
        })
        {
            if (value < least) yield return $"{name} is {value}; expected at least {least}.";
        }

        if (PipelineDepth is not (0 or 1)) yield return $"{nameof(PipelineDepth)} is {PipelineDepth}; expected 0 or 1.";
        if (PipelineDepth == 1 && Mode == TrainingMode.Sync)
            yield return $"{nameof(PipelineDepth)} is 1 in mode Sync, which has no stale steps; expected 0.";
        foreach (string problem in SparseUpdater.Validate()) yield return $"{nameof(SparseUpdater)}: {problem}.";
        foreach (string problem in SparseInitializer.Validate()) yield return $"{nameof(SparseInitializer)}: {problem}.";
        foreach (string problem in DenseUpdater.Validate()) yield return $"{nameof(DenseUpdater)}: {problem}.";
        if (EarlyStopping is { } early)
        {
            if (early.Metric is not ("auc" or "logloss"))
                yield return $"{nameof(EarlyStopping)}.{nameof(early.Metric)} is '{early.Metric}'; expected auc or logloss.";
            if (early.Patience < 1)
                yield return $"{nameof(EarlyStopping)}.{nameof(early.Patience)} is {early.Patience}; expected at least 1.";
        }

        if (Checkpoint is { } checkpoint)
        {
            if (string.IsNullOrWhiteSpace(checkpoint.Path))
                yield return $"{nameof(Checkpoint)}.{nameof(checkpoint.Path)} is empty; expected a folder.";
            if (checkpoint.EverySteps < 0)
                yield return $"{nameof(Checkpoint)}.{nameof(checkpoint.EverySteps)} is {checkpoint.EverySteps}; expected at least 0.";
            if (checkpoint.Keep < 1)
                yield return $"{nameof(Checkpoint)}.{nameof(checkpoint.Keep)} is {checkpoint.Keep}; expected at least 1.";
            if (checkpoint.WholeEvery < 1)
                yield return $"{nameof(Checkpoint)}.{nameof(checkpoint.WholeEvery)} is {checkpoint.WholeEvery}; expected at least 1.";
        }
    }
}
