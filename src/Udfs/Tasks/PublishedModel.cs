namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>A model in a folder that executors see. Immutable.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Mark">The hash of its manifest: another model that was put in its place is refused.</param>
public sealed record PublishedModel(string Path, string Mark);
