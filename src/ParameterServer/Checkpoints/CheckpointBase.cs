namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>What a delta adds to.</summary>
/// <param name="Folder">Name of the base's folder, beside the delta's.</param>
/// <param name="ManifestHash">The hash that stands in the base's manifest (<c>xxh3</c>).</param>
public sealed record CheckpointBase(string Folder, string ManifestHash);
