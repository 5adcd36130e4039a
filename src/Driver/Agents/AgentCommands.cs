namespace MetaSpore.Spark.Driver.Agents;

/// <summary>The requests that the runner itself understands.</summary>
static class AgentCommands
{
    public const string Start = "agent.start";
    public const string Stop = "agent.stop";
    public const string Train = "agent.train";
    public const string PushMetric = "agent.pushMetric";
    public const string Validate = "agent.validate";
    public const string Meet = "agent.meet";
    public const string Shutdown = "agent.shutdown";
}
