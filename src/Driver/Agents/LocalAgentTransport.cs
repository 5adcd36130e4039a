namespace MetaSpore.Spark.Driver.Agents;

/// <summary>Agents that are all in this process.</summary>
sealed class LocalAgentTransport(AgentJob job) : IAgentTransport
{
    /// <inheritdoc/>
    public Task<AgentMessage> RequestAsync(
        AgentAddress sender, AgentAddress receiver, AgentMessage request, TimeSpan timeout, CancellationToken cancellationToken) =>
        job.Host(receiver).HandleAsync(sender, request).WaitAsync(timeout, cancellationToken);

    /// <inheritdoc/>
    public Task MeetAsync(AgentGroup group, AgentAddress member, TimeSpan timeout, CancellationToken cancellationToken) =>
        job.Barrier(group).WaitAsync(member, timeout, cancellationToken);

    /// <summary>Nothing: all agents see the job's own end.</summary>
    public void TellShutdown()
    {
    }
}
