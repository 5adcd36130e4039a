using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>
/// Ends this process when the Java launcher that started it is gone, also when that was killed: its end closes this process's
/// standard input, on every cluster manager.
/// </summary>
static class LauncherWatch
{
    const string Variable = "METASPORE_LAUNCHER";

    static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);

    /// <summary>Whether the launcher started this process; processes that this one starts are not told.</summary>
    public static bool TakeNotice()
    {
        bool isLaunched = Environment.GetEnvironmentVariable(Variable) == "stdin";
        Environment.SetEnvironmentVariable(Variable, null);
        return isLaunched;
    }

    /// <summary>Asks to stop when <paramref name="input"/> ends, and ends the process when that takes more than 30 s.</summary>
    public static void Begin(Stream input, Interruption interruption) => Begin(input, interruption.Interrupt, interruption.Interrupt);

    /// <summary>
    /// Watches in every other program that uses this library, as the driver program of <c>-- exec</c> does: a module initialiser,
    /// since such a program may call anything first.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "There is no call that every program makes.")]
    internal static void BeginInOtherPrograms()
    {
        bool hasItsOwn = Assembly.GetEntryAssembly() == typeof(LauncherWatch).Assembly;
        if (hasItsOwn || !TakeNotice()) return;
        // Handlers of the exit may take long, so the exit has a thread of its own.
        Begin(Console.OpenStandardInput(), () => Start(Exit), () => Process.GetCurrentProcess().Kill());
    }

    static void Exit()
    {
        Console.Error.WriteLine("metaspore: the launcher on Spark is gone; this program ends");
        Environment.Exit(ExitCode.Interrupted);
    }

    static void Begin(Stream input, Action stop, Action end) => Start(() =>
    {
        input.CopyTo(Stream.Null);
        stop();
        using ManualResetEventSlim never = new();
        never.Wait(s_grace);
        end();
    });

    static void Start(Action action) => new Thread(() => action()) { IsBackground = true, Name = "launcher watch" }.Start();
}
