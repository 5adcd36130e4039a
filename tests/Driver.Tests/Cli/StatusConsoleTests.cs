using MetaSpore.Spark.Driver.Cli;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Tests.Cli;

public sealed class StatusConsoleTests : IDisposable
{
    readonly StringWriter _writer = new() { NewLine = "\n" };

    public void Dispose() => _writer.Dispose();

    [Fact]
    public void SetStatus_OnATerminal_IsRewrittenBelowLines()
    {
        var console = new StatusConsole(_writer, isTerminal: true, width: () => 11);
        console.SetStatus("50 rows");
        console.WriteLine("note");
        console.SetStatus("a line that is too long");
        console.SetStatus("");
        Assert.Equal("50 rows\r\e[2Knote\n50 rows\r\e[2Ka line tha\r\e[2K", _writer.ToString());
    }

    [Fact]
    public void SetStatus_NotOnATerminal_IsSilent()
    {
        var console = new StatusConsole(_writer, isTerminal: false);
        console.SetStatus("50 rows");
        console.WriteLine("note");
        Assert.Equal("note\n", _writer.ToString());
    }

    [Fact]
    public void Logger_WritesOneLineAnEntryFromTheMinimumOn()
    {
        using var provider = new StatusLoggerProvider(new StatusConsole(_writer, isTerminal: false), LogLevel.Information, TimeProvider.System);
        ILogger logger = provider.CreateLogger("x");
        logger.LogDebug("hidden");
        logger.LogWarning(new IOException("disk full"), "step {Step} not saved", 7);
        Assert.Matches("^\\d\\d:\\d\\d:\\d\\d warning: step 7 not saved: disk full\n$", _writer.ToString());
    }
}
