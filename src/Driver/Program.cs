using MetaSpore.Spark.Driver.Cli;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver;

static class Program
{
    static async Task<int> Main(string[] arguments)
    {
        var status = new StatusConsole(Console.Error);
        LogLevel minimum = Environment.GetEnvironmentVariable("METASPORE_DEBUG") == "1" ? LogLevel.Debug : LogLevel.Information;
        using var loggers = new LoggerFactory([new StatusLoggerProvider(status, minimum, TimeProvider.System)]);
        using var interruption = new Interruption(() => status.WriteLine("stopping in good order; once more stops at once"));
        var context = new CliContext(Console.Out, status, new JobEngine(), loggers.CreateLogger("metaspore"));
        return await CommandLineProgram.RunAsync(arguments, context, interruption.Token);
    }
}
