namespace MetaSpore.Spark.Driver.Agents;

/// <summary>What an agent does in its job.</summary>
public enum AgentRole
{
    /// <summary>The one that runs the job; rank 0.</summary>
    Coordinator,

    /// <summary>One of W that compute; ranks 0 to W − 1.</summary>
    Worker,
}
