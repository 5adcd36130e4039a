using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Progress;

/// <summary>Something the user should read.</summary>
/// <param name="Level">Information, warning or error.</param>
/// <param name="Text">One complete sentence.</param>
public sealed record TrainingMessage(LogLevel Level, string Text);
