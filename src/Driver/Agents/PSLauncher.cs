using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>
/// Starts an agent: <c>await new PSLauncher { WorkerCount = 4 }.LaunchAsync&lt;MyAgent&gt;()</c>. One launcher can start several
/// jobs, one after the other.
/// </summary>
public sealed class PSLauncher
{
    /// <summary>Number of workers (W), 1 to 1024: threads of this process.</summary>
    public int WorkerCount { get; set; } = 1;

    /// <summary>Number of shards (S), 1 to 1024.</summary>
    public int ServerCount { get; set; } = 1;

    /// <summary>Name of the job, unique among those that run in the process; null: the agent's type and a number.</summary>
    public string? JobName { get; set; }

    /// <summary>
    /// Options of the agent, each <c>NAME=VALUE</c>: sets the public property of that name (letter case and <c>_</c> don't
    /// matter), on the coordinator and on every worker. Text is read as the property's type; <c>null</c> is null.
    /// </summary>
    public IList<string> Attributes { get; } = [];

    /// <summary>Log lines of the agents; null: none.</summary>
    public ILogger? Logger { get; set; }

    /// <summary>Runs an agent to its end.</summary>
    /// <returns>The coordinator's agent after its program has ended, for its results.</returns>
    /// <exception cref="BadInputException">Counts or attributes are wrong; nothing was started.</exception>
    /// <exception cref="AgentException">A worker failed; the inner exception says why.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public async Task<T> LaunchAsync<T>(CancellationToken cancellationToken = default)
        where T : Agent, new() => (T)await LaunchAsync(() => new T(), typeof(T).Name, cancellationToken);

    /// <summary>Runs an agent of an assembly's file to its end.</summary>
    /// <param name="assembly">Path of the .dll.</param>
    /// <param name="type">Full name of the type, derived from <see cref="Agent"/>, with a public constructor that takes nothing.</param>
    /// <param name="cancellationToken">Ends the job early.</param>
    /// <returns>The coordinator's agent after its program has ended.</returns>
    /// <exception cref="BadInputException">Assembly, type, counts or attributes are wrong; nothing was started.</exception>
    /// <exception cref="AgentException">A worker failed; the inner exception says why.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public Task<Agent> LaunchAsync(string assembly, string type, CancellationToken cancellationToken = default)
    {
        Spec<Agent> spec = Spec<Agent>.FromFile(assembly, type);
        return LaunchAsync(spec.Create, type.Split('.', '+')[^1], cancellationToken);
    }

    Task<Agent> LaunchAsync(Func<Agent> create, string typeName, CancellationToken cancellationToken)
    {
        var options = new JobRunnerOptions
        {
            WorkerCount = WorkerCount,
            ServerCount = ServerCount,
            JobName = JobName ?? $"{typeName} {Guid.NewGuid():N}",
            Attributes = [.. Attributes],
        };
        return new JobRunner(create, options, Logger ?? NullLogger.Instance).RunAsync(cancellationToken);
    }
}
