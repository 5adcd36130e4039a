using System.Collections.Concurrent;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>The agents of the jobs that run in this process. Thread-safe.</summary>
static class AgentRegistry
{
    static readonly ConcurrentDictionary<(string Job, AgentAddress Address), Agent> s_agents = new();
    static readonly AsyncLocal<Agent?> s_current = new();

    /// <summary>The agent in whose flow of control this is.</summary>
    public static Agent? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>Adds an agent.</summary>
    /// <exception cref="InvalidOperationException">A job of that name runs in this process.</exception>
    public static void Add(string job, AgentAddress address, Agent agent)
    {
        if (!s_agents.TryAdd((job, address), agent))
            throw new InvalidOperationException($"a job named \"{job}\" is running in this process; give this one another name");
    }

    /// <summary>Forgets an agent.</summary>
    public static void Remove(string job, AgentAddress address, Agent agent) =>
        s_agents.TryRemove(KeyValuePair.Create((job, address), agent));

    /// <summary>The agent, or null.</summary>
    public static Agent? Find(string job, AgentAddress address) => s_agents.GetValueOrDefault((job, address));
}
