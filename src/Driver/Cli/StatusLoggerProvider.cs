using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>Writes log entries as single lines to the status console, above its status line.</summary>
/// <param name="console">Where to.</param>
/// <param name="minimum">Entries below are dropped.</param>
/// <param name="time">The clock.</param>
sealed class StatusLoggerProvider(StatusConsole console, LogLevel minimum, TimeProvider time) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(console, minimum, time);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    sealed class Logger(StatusConsole console, LogLevel minimum, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            string level = logLevel switch
            {
                LogLevel.Warning => "warning: ",
                LogLevel.Error or LogLevel.Critical => "error: ",
                _ => "",
            };
            string cause = exception is null ? "" : $": {exception.Message}";
            console.WriteLine($"{time.GetLocalNow():HH:mm:ss} {level}{formatter(state, exception)}{cause}");
        }
    }
}
