using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// The program that Spark's executors start in the place of Python: it speaks the protocol of Spark's Python workers, 3.5 to 4.3 and
/// later 4.x as far as they frame their headers. docs/spark-worker.md describes it.
/// </summary>
public static class SparkWorker
{
    const int Misuse = 2;

    /// <summary>Whether a command line is one of Spark's for Python: <c>-m module…</c>, or <c>-VV</c> that asks for the version.</summary>
    public static bool IsWorkerCommandLine(IReadOnlyList<string> arguments) => arguments is ["-m" or "-VV", ..];

    /// <summary>
    /// Serves tasks until Spark ends the process. With the process's own streams, nothing but the protocol reaches standard output:
    /// <see cref="Console.Out"/> is redirected to standard error for good.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="tasks">Makes the functions of tasks.</param>
    /// <param name="options">Streams, clock and limits; null for those of a process that Spark has started.</param>
    /// <returns>The exit code: 0, or 2 when the process was not started as a worker should be.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, SparkTaskFactory tasks, SparkWorkerOptions? options = null)
    {
        options ??= new SparkWorkerOptions();
        Stream output = options.Output ?? Console.OpenStandardOutput();
        if (options.Output is null) Console.SetOut(Console.Error);
        TextWriter error = options.Error ?? Console.Error;
        var environment = new WorkerEnvironment(options.Environment ?? WorkerEnvironment.OfProcess());
        if (arguments is ["-VV", ..]) return PrintVersion(output);
        if (environment.IsUnifiedExecution)
        {
            await error.WriteLineAsync(
                "metaspore: Spark asked for its language-agnostic UDF protocol (PYTHON_WORKER_UNIFIED_EXECUTION_ENABLED), which this version does not speak; "
                + "set spark.sql.execution.udf.unified.execution.enabled=false");
            return Misuse;
        }

        if (arguments is not ["-m", { } module, ..])
        {
            await error.WriteLineAsync("metaspore: expected the arguments that Spark gives to Python: -m <module>");
            return Misuse;
        }

        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .AddSimpleConsole(console => console.SingleLine = true));
        ILogger log = options.Log ?? loggers.CreateLogger("metaspore");
        using FaultFile? fault = environment.FaultFolder is { } folder ? new FaultFile(folder) : null;
        using var stop = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        using var watcher = new TaskWatcher(options, log);
        try
        {
            return module.EndsWith("daemon", StringComparison.Ordinal)
                ? await new WorkerDaemon(Service(arguments.Count > 2 ? arguments[2] : "pyspark.worker"), options, environment, watcher, log)
                    .RunAsync(options.Input ?? Console.OpenStandardInput(), output, stop.Token)
                : await new SingleTaskWorker(Service(module), environment, watcher).RunAsync(stop.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            await error.WriteLineAsync($"metaspore: the worker can't serve Spark: {e.Message}");
            return 1;
        }

        IConnectionService Service(string worker) =>
            OtherModules.IsTaskWorker(worker) ? new TaskService(tasks, options, environment, watcher, log) : new OtherModules(worker, options);
    }

    static int PrintVersion(Stream output)
    {
        string version = typeof(SparkWorker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        output.Write(System.Text.Encoding.UTF8.GetBytes($"MetaSpore.Spark {version}{Environment.NewLine}"));
        output.Flush();
        return 0;
    }
}
