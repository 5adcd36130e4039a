using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using MetaSpore.Spark.Driver.Spark;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>
/// A program of a user, which uses the library: the program of these tests itself, started with a variable, so that it needs no
/// project of its own.
/// </summary>
static class LaunchedProgram
{
    const string Variable = "LAUNCH_TESTS_PROGRAM";
    const int OutOfTime = 9;

    /// <summary>Starts it with an open standard input; it says <c>ready</c>, and <c>goes on</c> at the end of its input, for two minutes.</summary>
    /// <param name="folder">The working directory.</param>
    /// <param name="launcher">What the launcher would set; null: started by hand.</param>
    public static RunningProgram Start(LaunchFolder folder, string? launcher) =>
        RunningProgram.Start(Path.Combine(AppContext.BaseDirectory, "MetaSpore.Spark.Launch.Tests"), [], folder.Root, new Dictionary<string, string?> { [Variable] = "1", ["METASPORE_LAUNCHER"] = launcher }, holdsInput: true);

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Before the tests' own entry point.")]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) return;
        _ = new SparkOptions();
        Console.WriteLine($"ready, children are told {Environment.GetEnvironmentVariable("METASPORE_LAUNCHER") ?? "nothing"}");
        // As a program does that is amid a training, it goes on at the end of its input.
        Console.ReadLine();
        Console.WriteLine("goes on");
        using var never = new ManualResetEvent(false);
        never.WaitOne(TimeSpan.FromMinutes(2));
        Environment.Exit(OutOfTime);
    }
}
