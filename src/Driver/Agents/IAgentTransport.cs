namespace MetaSpore.Spark.Driver.Agents;

/// <summary>How agents of a job reach each other. Thread-safe.</summary>
interface IAgentTransport
{
    /// <summary>Brings a request to an agent and its answer back.</summary>
    /// <exception cref="AgentException">The receiver threw.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<AgentMessage> RequestAsync(
        AgentAddress sender, AgentAddress receiver, AgentMessage request, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Waits until every member of the group waits.</summary>
    /// <exception cref="InvalidOperationException">The agent is no member, or waits already.</exception>
    /// <exception cref="TimeoutException">A member did not come; the message names it.</exception>
    Task MeetAsync(AgentGroup group, AgentAddress member, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Tells the agents of other processes that this one asks for the end; does not wait.</summary>
    void TellShutdown();
}
