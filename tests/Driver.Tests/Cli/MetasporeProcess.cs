using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>Runs the built program as a process of its own.</summary>
static class MetasporeProcess
{
    /// <summary>What a process left behind.</summary>
    public sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>Runs the program to its end.</summary>
    /// <param name="folder">Working directory.</param>
    /// <param name="arguments">The arguments.</param>
    public static Task<Result> RunAsync(string folder, params string[] arguments) => RunAsync(folder, new Dictionary<string, string>(), arguments);

    /// <summary>Runs the program to its end, with variables of the environment.</summary>
    public static async Task<Result> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using Process process = Start(folder, environment, arguments);
        return await EndOfAsync(process);
    }

    /// <summary>Runs the program to its end, with its whole standard input.</summary>
    public static async Task<Result> RunWithInputAsync(string folder, string input, params string[] arguments)
    {
        using Process process = Start(folder, new Dictionary<string, string>(), arguments, redirectInput: true);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        return await EndOfAsync(process);
    }

    /// <summary>Starts the program.</summary>
    public static Process Start(string folder, IReadOnlyDictionary<string, string> environment, string[] arguments, bool redirectInput = false)
    {
        string program = Path.Combine(AppContext.BaseDirectory, RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "metaspore.exe" : "metaspore");
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = redirectInput };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Starts the program with the usual reaction to an interrupt: the background jobs of a shell would pass on that they ignore it.</summary>
    public static Process StartInterruptible(string folder, string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "metaspore");
        ProcessStartInfo start = OperatingSystem.IsLinux()
            ? new("env", ["--default-signal=INT", program, .. arguments])
            : new(program, arguments);
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        return Process.Start(start)!;
    }

    static async Task<Result> EndOfAsync(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Result(process.ExitCode, await output, await error);
    }
}
