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
}
