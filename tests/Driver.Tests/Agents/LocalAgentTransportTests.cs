namespace MetaSpore.Spark.Driver.Tests.Agents;

/// <summary>All agents in one process.</summary>
public sealed class LocalAgentTransportTests : AgentMessaging
{
    private protected override Task<ScriptedAgent> LaunchAsync(Script script, int workers) => script.LaunchAsync(workers, Cancellation);

    [Fact]
    public async Task WorkerStart_Throws_TheCauseIsTheExceptionItself()
    {
        var thrown = new InvalidDataException("bad row 7");
        var error = await Assert.ThrowsAsync<Driver.Agents.AgentException>(() => LaunchAsync(new Script { WorkerStart = (_, _) => throw thrown }, 1));
        Assert.Same(thrown, error.InnerException);
    }
}
