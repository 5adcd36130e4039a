using System.Runtime.InteropServices;
using MetaSpore.Spark.Driver.Cli;
using MetaSpore.Spark.Udfs.Spark;
using MetaSpore.Spark.Udfs.Tasks;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver;

static class Program
{
    static async Task<int> Main(string[] arguments)
    {
        if (SparkWorker.IsWorkerCommandLine(arguments))
            return await SparkWorker.RunAsync(arguments, ExecutorTasks.Create, new SparkWorkerOptions { MayExit = () => ExecutorShards.OfProcess.Count == 0 });

        var status = new StatusConsole(Console.Error);
        LogLevel minimum = Environment.GetEnvironmentVariable("METASPORE_DEBUG") == "1" ? LogLevel.Debug : LogLevel.Information;
        using var loggers = new LoggerFactory([new StatusLoggerProvider(status, minimum, TimeProvider.System)]);
        var context = new CliContext(Console.Out, status, new JobEngine(), loggers.CreateLogger("metaspore"));
        if (IsLed(arguments))
        {
            // Ctrl-C goes to every process of a terminal's job; the one that leads the others ends them.
            using var ignored = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
            return await CommandLineProgram.RunAsync(arguments, context, CancellationToken.None);
        }

        bool isLaunched = LauncherWatch.TakeNotice();
        using var interruption = new Interruption(() => status.WriteLine("stopping in good order; once more stops at once"), isLed: isLaunched);
        if (isLaunched) LauncherWatch.Begin(Console.OpenStandardInput(), interruption);
        return await CommandLineProgram.RunAsync(arguments, context, interruption.Token);
    }

    static bool IsLed(string[] arguments) => arguments is ["worker", ..] or ["serve-shard", "--assigned", ..];
}
