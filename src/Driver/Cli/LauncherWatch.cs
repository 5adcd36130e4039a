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
    public static void Begin(Stream input, Interruption interruption) => new Thread(() => Watch(input, interruption)) { IsBackground = true, Name = "launcher watch" }.Start();

    static void Watch(Stream input, Interruption interruption)
    {
        input.CopyTo(Stream.Null);
        interruption.Interrupt();
        using ManualResetEventSlim never = new();
        never.Wait(s_grace);
        interruption.Interrupt();
    }
}
