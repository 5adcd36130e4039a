namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>A snapshot in its place, as the next delta's base.</summary>
/// <param name="Directory">Its folder.</param>
/// <param name="ManifestHash">The hash in its manifest.</param>
/// <param name="Mark">The mark that its shards have set.</param>
/// <param name="IsDelta">Whether it is a delta itself.</param>
sealed record PublishedSnapshot(string Directory, string ManifestHash, Guid Mark, bool IsDelta);
