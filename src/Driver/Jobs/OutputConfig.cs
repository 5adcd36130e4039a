namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>output</c> section: what training writes.</summary>
/// <param name="Model">Full path of the model's folder.</param>
/// <param name="Overwrite">Whether an existing model may be replaced.</param>
/// <param name="Metrics">Full path of the metrics, JSON lines.</param>
/// <param name="Report">Full path of the report page.</param>
sealed record OutputConfig(string Model, bool Overwrite, string Metrics, string Report);
