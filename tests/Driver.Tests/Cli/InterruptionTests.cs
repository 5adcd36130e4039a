using MetaSpore.Spark.Driver.Cli;

namespace MetaSpore.Spark.Driver.Tests.Cli;

public sealed class InterruptionTests
{
    [Fact]
    public void Interrupt_First_CancelsAndSecondExits()
    {
        int notes = 0;
        int? exit = null;
        using var interruption = new Interruption(() => notes++, code => exit = code);
        interruption.Interrupt();
        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.Equal((1, null), (notes, exit));
        interruption.Interrupt();
        Assert.Equal((1, 130), (notes, exit));
    }
}
