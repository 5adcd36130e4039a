using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>What a verb works with.</summary>
/// <param name="Output">Standard output: results only.</param>
/// <param name="Status">Standard error: logs and progress.</param>
/// <param name="Engine">Trains and scores.</param>
/// <param name="Logger">Log lines, to <paramref name="Status"/>.</param>
sealed record CliContext(TextWriter Output, StatusConsole Status, IJobEngine Engine, ILogger Logger);
