using System.Text.Json;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Udfs.Features;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// Everything that a worker needs to know of a job, as plain data: it travels to wherever the worker runs, and also the
/// embedded engine passes it through its serialised form. Immutable.
/// </summary>
public sealed record JobTicket
{
    /// <summary>The version of this record's form that this build writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The network.</summary>
    public required Spec<SparseModule> Module { get; init; }

    /// <summary>Updaters and initialisers for whatever the network leaves open.</summary>
    public required SparseModelDefaults Defaults { get; init; }

    /// <summary>The loss; null: log-loss.</summary>
    public Spec<LossFunction>? Loss { get; init; }

    /// <summary>The metric; null: <see cref="BinaryClassificationModelMetric"/>.</summary>
    public Spec<ModelMetric>? Metric { get; init; }

    /// <summary>Changes training rows before extraction; null: nothing does.</summary>
    public Spec<MinibatchPreprocessor>? TrainingPreprocessor { get; init; }

    /// <summary>Changes validation and scoring rows before extraction; null: nothing does.</summary>
    public Spec<MinibatchPreprocessor>? ValidationPreprocessor { get; init; }

    /// <summary>Replaces forward and loss in training; null: the default step.</summary>
    public Spec<MinibatchTransformer>? TrainingTransformer { get; init; }

    /// <summary>Replaces forward in validation and scoring; null: the default step.</summary>
    public Spec<MinibatchTransformer>? ValidationTransformer { get; init; }

    /// <summary>Hooks; null: none.</summary>
    public Spec<WorkerHooks>? Hooks { get; init; }

    /// <summary>How values become keys.</summary>
    public HashMode Hash { get; init; }

    /// <summary>Encodings of columns of numbers that are categories.</summary>
    public FeatureState FeatureState { get; init; } = new();

    /// <summary>What becomes of the numbers of dense columns.</summary>
    public DenseTransform DenseTransform { get; init; }

    /// <summary>The label's column; null: the rows have none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Whether labels may be any finite number (losses other than log-loss).</summary>
    public bool AnyLabel { get; init; }

    /// <summary>Workers (W).</summary>
    public int WorkerCount { get; init; } = 1;

    /// <summary>Everything random in a step is a function of (seed, epoch, partition, step).</summary>
    public ulong Seed { get; init; }

    /// <summary>0: gradients of step t and keys of t + 1 travel together after t. 1: transport overlaps compute, one step stale.</summary>
    public int PipelineDepth { get; init; }

    /// <summary>Threads that libtorch uses in each worker, at least 1; fixed, because results depend on it.</summary>
    public int TorchThreads { get; init; } = 1;

    /// <summary>An empty metric of the job's kind.</summary>
    public ModelMetric NewMetric() => Metric?.Create() ?? new BinaryClassificationModelMetric();

    /// <summary>The serialised form.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SpecJson.Options);

    /// <summary>Reads the serialised form.</summary>
    /// <exception cref="BadInputException">The bytes are no ticket, or one of another version.</exception>
    public static JobTicket FromBytes(ReadOnlySpan<byte> bytes)
    {
        JobTicket ticket;
        try
        {
            ticket = JsonSerializer.Deserialize<JobTicket>(bytes, SpecJson.Options)
                ?? throw new BadInputException("The job ticket is empty; start the job again.");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The job ticket can't be read: {error.Message} Driver and workers need the same build.", error);
        }

        return ticket.Version == CurrentVersion
            ? ticket
            : throw new BadInputException(
                $"The job ticket has version {ticket.Version}; this worker reads version {CurrentVersion}. Driver and workers need the same build.");
    }
}
