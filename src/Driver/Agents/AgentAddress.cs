namespace MetaSpore.Spark.Driver.Agents;

/// <summary>Names one agent of a job.</summary>
/// <param name="Role">Its role.</param>
/// <param name="Rank">Its rank within the role, from 0.</param>
public readonly record struct AgentAddress(AgentRole Role, int Rank)
{
    /// <summary>The coordinator.</summary>
    public static AgentAddress Coordinator { get; } = new(AgentRole.Coordinator, 0);

    /// <summary>The worker of a rank.</summary>
    public static AgentAddress Worker(int rank) => new(AgentRole.Worker, rank);

    /// <inheritdoc/>
    public override string ToString() => Role == AgentRole.Coordinator ? "coordinator" : $"worker {Rank}";
}
