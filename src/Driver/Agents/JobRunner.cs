using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>Runs an agent in this process: one thread for the coordinator, one for each worker, S shards between them.</summary>
/// <param name="create">Builds an agent; called W + 1 times.</param>
/// <param name="options">Counts, name and options.</param>
/// <param name="logger">Log lines.</param>
sealed class JobRunner(Func<Agent> create, JobRunnerOptions options, ILogger logger)
{
    /// <summary>Runs the job to its end.</summary>
    /// <param name="cancellationToken">Ends the job early.</param>
    /// <returns>The coordinator's agent, after its program has ended.</returns>
    /// <exception cref="BadInputException">The options don't fit the agent; nothing was started.</exception>
    /// <exception cref="AgentException">A worker failed; the inner exception says why.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public async Task<Agent> RunAsync(CancellationToken cancellationToken)
    {
        options.Check();
        Agent[] agents = [.. Enumerable.Range(0, options.WorkerCount + 1).Select(_ => Create())];
        Agent coordinator = agents[0];
        using AgentJob job = new(options.JobName, options.WorkerCount, options.ServerCount, logger);
        using CancellationTokenRegistration registration = cancellationToken.Register(job.Cancel);
        try
        {
            job.Add(AgentAddress.Coordinator, coordinator);
            for (int rank = 0; rank < options.WorkerCount; rank++) job.Add(AgentAddress.Worker(rank), agents[rank + 1]);
            if (coordinator.CreateLayout() is { } layout) job.Store = OpenStore(layout);
            await job.Host(AgentAddress.Coordinator).RunProgramAsync();
            return coordinator;
        }
        catch (OperationCanceledException) when (job.IsShutDown && !cancellationToken.IsCancellationRequested)
        {
            return coordinator;
        }
        finally
        {
            if (job.Store is not null) await job.Store.DisposeAsync();
        }
    }

    Agent Create()
    {
        Agent agent = create();
        AgentAttributes.Apply(agent, options.Attributes);
        return agent;
    }

    ParameterClient OpenStore(StoreLayout layout) =>
        ParameterClient.CreateLocal(layout with { WorkerCount = options.WorkerCount }, options.ServerCount);
}
