using System.Text.Json;
using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// What <c>manifest.json</c> says about a checkpoint: what it holds, how far training was, and every file with its hash.
/// A folder without one is not a checkpoint of ours. Immutable; docs/checkpoint-format.md has every field.
/// </summary>
public sealed record CheckpointManifest
{
    /// <summary>The version of the format of a whole checkpoint.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>The version of a delta's: a program that knows whole checkpoints alone refuses it.</summary>
    public const int DeltaFormatVersion = 2;

    /// <summary>Version of the format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Program and version that wrote it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>The training run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>Attempt of the run, from 1.</summary>
    public required int Generation { get; init; }

    /// <summary>The checkpoint that this one adds to; null for a whole one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CheckpointBase? Base { get; init; }

    /// <summary>
    /// Name of the folder in the checkpoint's that holds the files, as on stores that can't rename folders; null: they lie beside the manifest.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DataFolder { get; init; }

    /// <summary>How column values became keys.</summary>
    public required HashMode HashMode { get; init; }

    /// <summary>Tells the input (files, order, options) from any other; null when unknown. Opaque here.</summary>
    public string? InputFingerprint { get; init; }

    /// <summary>Tables and dense tensors.</summary>
    public required CheckpointStore Store { get; init; }

    /// <summary>The steps that the content has seen.</summary>
    public required CheckpointProgress Progress { get; init; }

    /// <summary>
    /// What others keep in the checkpoint: model options, features, the data format, the state of the trainer. Opaque here.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Sections { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Every other file of the checkpoint, in the order of their names.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>A section as a value.</summary>
    /// <returns>The value; the default when the section is absent.</returns>
    public T? Section<T>(string name, JsonSerializerOptions? options = null) =>
        Sections.TryGetValue(name, out JsonElement section) ? section.Deserialize<T>(options) : default;
}

/// <summary>What the shards held and how they ordered steps.</summary>
/// <param name="ShardCount">Number of shards (S), the number of files of each table.</param>
/// <param name="WorkerCount">Number of workers (W).</param>
/// <param name="Mode">How steps of several workers were ordered.</param>
/// <param name="StalenessBound">The largest lead in steps, for bounded staleness.</param>
/// <param name="Seed">Seed of the initial rows.</param>
/// <param name="Tables">The tables.</param>
/// <param name="DenseTensors">The dense tensors.</param>
public sealed record CheckpointStore(
    int ShardCount,
    int WorkerCount,
    TrainingMode Mode,
    int StalenessBound,
    ulong Seed,
    IReadOnlyList<CheckpointTable> Tables,
    IReadOnlyList<CheckpointTensor> DenseTensors);

/// <summary>One table of a checkpoint.</summary>
/// <param name="Name">Name of the operator.</param>
/// <param name="ElementType">Type of weights and states.</param>
/// <param name="Dimension">Weights of a row (D).</param>
/// <param name="StatesPerParameter">States for each weight (k).</param>
/// <param name="PartitionCount">Number of files.</param>
/// <param name="SaveAsText">Whether the files are text.</param>
/// <param name="Updater">The updater, an object with a <c>type</c>; null in MetaSpore's own checkpoints.</param>
/// <param name="Initializer">The initialiser, an object with a <c>type</c>; null in MetaSpore's own checkpoints.</param>
public sealed record CheckpointTable(
    string Name,
    ElementType ElementType,
    int Dimension,
    int StatesPerParameter,
    int PartitionCount,
    bool SaveAsText,
    JsonElement? Updater,
    JsonElement? Initializer);

/// <summary>One dense tensor of a checkpoint.</summary>
/// <param name="Name">Path of the parameter or buffer.</param>
/// <param name="ElementType">Type of weights and states.</param>
/// <param name="Shape">Sizes of the axes; (n, 1) for a vector.</param>
/// <param name="StatesPerParameter">States for each weight (k).</param>
/// <param name="Updater">The updater, an object with a <c>type</c>; null in MetaSpore's own checkpoints.</param>
public sealed record CheckpointTensor(
    string Name, ElementType ElementType, IReadOnlyList<long> Shape, int StatesPerParameter, JsonElement? Updater);

/// <summary>The steps that every shard of a checkpoint has applied, the same ones on each.</summary>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="NextSteps">By partition: the next step to push, from 0.</param>
/// <param name="Ended">By partition: whether it has ended.</param>
/// <param name="AppliedSteps">Updates applied since training began, over all epochs.</param>
public sealed record CheckpointProgress(int Epoch, IReadOnlyList<long> NextSteps, IReadOnlyList<bool> Ended, long AppliedSteps);
