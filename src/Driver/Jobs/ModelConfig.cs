using System.Text.Json.Nodes;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>model</c> section: the network.</summary>
/// <param name="Type">A ready network's name, or the full name of a type in <paramref name="Assembly"/>.</param>
/// <param name="Assembly">Full path of the assembly that holds the type; null: a ready network.</param>
/// <param name="Options">Options as in the file, property names in camelCase; not to be changed.</param>
sealed record ModelConfig(string Type, string? Assembly, JsonObject Options)
{
    /// <summary>The names of the ready networks.</summary>
    public static IReadOnlyList<string> ReadyNetworks { get; } = ["LogisticRegression", "FactorizationMachine", "WideDeep", "DeepFm"];
}
