using System.Text.Json;
using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>What a checkpoint says besides the store's content. Immutable.</summary>
public sealed record CheckpointDescription
{
    /// <summary>How column values became keys.</summary>
    public required HashMode HashMode { get; init; }

    /// <summary>Tells the input (files, order, options) from any other; null when unknown.</summary>
    public string? InputFingerprint { get; init; }

    /// <summary>Whatever else belongs to it, by name: model options, features, data format, the trainer's state.</summary>
    public IReadOnlyDictionary<string, JsonElement> Sections { get; init; } = new Dictionary<string, JsonElement>();
}
