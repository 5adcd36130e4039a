using System.Text.Json.Nodes;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>A choice by name, with its options.</summary>
/// <param name="Type">The name, for example <c>adam</c>.</param>
/// <param name="Options">Its options by name, without the type; not to be changed.</param>
sealed record TypedOptions(string Type, JsonObject Options);
