using MetaSpore.Spark.Driver.Progress;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Log lines as messages to whoever watches a run. Thread-safe as far as <paramref name="report"/> is.</summary>
/// <param name="report">Takes a message.</param>
sealed class ObserverLogger(Action<TrainingMessage> report) : ILogger
{
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && logLevel != LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        string text = formatter(state, exception);
        report(new TrainingMessage(logLevel, exception is null ? text : $"{text} {exception.Message}"));
    }
}
