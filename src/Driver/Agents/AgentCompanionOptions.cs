using MetaSpore.Spark.Model.Specs;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>What an executor needs to know of a fit's agents. Immutable.</summary>
/// <param name="Agent">The worker's agent.</param>
/// <param name="JobName">Name of the agents' job.</param>
/// <param name="WorkerCount">Number of workers (W).</param>
/// <param name="ServerCount">Number of shards (S).</param>
public sealed record AgentCompanionOptions(Spec<TorchAgent> Agent, string JobName, int WorkerCount, int ServerCount);
