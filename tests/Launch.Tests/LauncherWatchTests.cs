using System.IO.Pipes;
using MetaSpore.Spark.Driver.Cli;

namespace MetaSpore.Spark.Launch.Tests;

public sealed class LauncherWatchTests
{
    [Fact]
    public async Task EndOfInput_AsksToStop()
    {
        using var interruption = new Interruption(() => { }, exit: _ => { }, isLed: true);
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        LauncherWatch.Begin(reader, interruption);
        Assert.False(interruption.Token.IsCancellationRequested);
        writer.Dispose();
        var asked = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = interruption.Token.Register(asked.SetResult);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ProgramOfAUser_WhoseLauncherIsGone_Ends()
    {
        using var folder = new LaunchFolder();
        await using RunningProgram run = LaunchedProgram.Start(folder, "stdin");
        Assert.Equal("nothing", await run.AwaitAsync("ready, children are told "));
        run.CloseInput();
        Assert.Equal(130, await run.EndAsync());
        Assert.Contains("metaspore: the launcher on Spark is gone; this program ends", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramOfAUser_StartedByHand_OutlivesItsInput()
    {
        using var folder = new LaunchFolder();
        await using RunningProgram run = LaunchedProgram.Start(folder, null);
        await run.AwaitAsync("ready");
        run.CloseInput();
        await run.AwaitAsync("goes on");
        await run.SignalAsync("TERM");
        Assert.Equal(143, await run.EndAsync());
    }
}
