using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>input</c> section: what to start from.</summary>
/// <param name="Model">Full path of a model's folder; null: none.</param>
/// <param name="ImportFrom">Rows for single tables.</param>
sealed record InputConfig(string? Model, IReadOnlyList<TableImport> ImportFrom);
