namespace MetaSpore.Spark.Driver.Agents;

/// <summary>Several agents of a job.</summary>
public enum AgentGroup
{
    /// <summary>All workers.</summary>
    Workers,

    /// <summary>The coordinator and all workers.</summary>
    All,
}
