using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>training</c> section.</summary>
sealed record TrainingConfig
{
    /// <summary>Passes over the training rows at most.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>When to stop before; null: never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Rows of a step (B) of one worker.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Worker threads (W).</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Shards (S).</summary>
    public int Servers { get; init; } = 1;

    /// <summary>How steps of several workers are ordered.</summary>
    public TrainingMode Mode { get; init; }

    /// <summary>For <see cref="TrainingMode.BoundedStaleness"/>: the largest lead in steps.</summary>
    public int StalenessBound { get; init; }

    /// <summary>0: no overlap of transport and compute; 1: overlap, gradients one step stale.</summary>
    public int PipelineDepth { get; init; }

    /// <summary>Whether each epoch has another order of rows.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Rows held in memory to shuffle.</summary>
    public int ShuffleWindow { get; init; } = 1_000_000;

    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; } = 17;

    /// <summary>Threads that libtorch uses in each worker; 0: cores divided by workers. Results depend on it.</summary>
    public int TorchThreads { get; init; }

    /// <summary>Steps of a worker between two reports of progress.</summary>
    public int MetricUpdateInterval { get; init; } = 10;

    /// <summary>Fits that a row may miss before the final save drops it.</summary>
    public int MaxSparseFeatureAge { get; init; } = 15;

    /// <summary>Updater of embedding tables that have none of their own.</summary>
    public TensorUpdater SparseUpdater { get; init; } = new AdaGradTensorUpdater(0.02);

    /// <summary>Initialiser of embedding tables that have none of their own.</summary>
    public TensorInitializer SparseInitializer { get; init; } = new NormalTensorInitializer(0, 0.01);

    /// <summary>Updater of dense tensors that have none of their own.</summary>
    public TensorUpdater DenseUpdater { get; init; } = new AdamTensorUpdater(0.001);

    /// <summary>Checkpoints during training.</summary>
    public required CheckpointOptions Checkpoint { get; init; }
}
