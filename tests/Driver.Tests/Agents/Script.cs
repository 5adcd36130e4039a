using Apache.Arrow;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.Driver.Tests.Agents;

/// <summary>What a <see cref="ScriptedAgent"/> does, and how many there are.</summary>
sealed record Script
{
    public Func<ScriptedAgent, CancellationToken, Task> Run { get; init; } = async (agent, _) =>
    {
        await agent.Start();
        await agent.Stop();
    };

    public Func<ScriptedAgent, CancellationToken, Task> WorkerStart { get; init; } = (_, _) => Task.CompletedTask;

    public Func<ScriptedAgent, CancellationToken, Task> WorkerStop { get; init; } = (_, _) => Task.CompletedTask;

    public Func<ScriptedAgent, RecordBatch, Task> Train { get; init; } = (_, _) => Task.CompletedTask;

    public Func<ScriptedAgent, AgentAddress, AgentMessage, Task<AgentMessage>> Handle { get; init; } =
        (agent, sender, request) => Task.FromResult(new AgentMessage("ok", $"{agent.Role} {agent.Rank} answers {sender}: {request.Body}"));

    public StoreLayout? Layout { get; init; }

    public int Servers { get; init; } = 1;

    public string? Attribute { get; init; }

    public Task<ScriptedAgent> LaunchAsync(int workers, CancellationToken cancellationToken)
    {
        ScriptedAgent.Now.Value = this;
        var launcher = new PSLauncher { WorkerCount = workers, ServerCount = Servers };
        if (Attribute is not null) launcher.Attributes.Add(Attribute);
        return launcher.LaunchAsync<ScriptedAgent>(cancellationToken);
    }
}
