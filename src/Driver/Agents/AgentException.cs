namespace MetaSpore.Spark.Driver.Agents;

/// <summary>An agent failed while it handled a request; the message names the agent and the request.</summary>
public sealed class AgentException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="agent">The agent that failed.</param>
    /// <param name="request">The request's command.</param>
    /// <param name="inner">What it threw.</param>
    public AgentException(AgentAddress agent, string request, Exception inner)
        : base($"{agent} failed in \"{request}\": {inner.Message}", inner)
    {
        Agent = agent;
        Request = request;
    }

    /// <summary>The agent that failed.</summary>
    public AgentAddress Agent { get; }

    /// <summary>The request's command.</summary>
    public string Request { get; }
}
