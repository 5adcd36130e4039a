using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Tasks;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>
/// The agents of a fit on Spark: the coordinator's lives here as long as the shards do, a worker's with the task of each epoch. They
/// talk through the first shard.
/// </summary>
sealed class SparkAgents : IAsyncDisposable
{
    readonly AgentJob _job;
    readonly HubAgentTransport _transport;
    readonly TrainingProgram _program;

    /// <summary>Creates the coordinator's agent; none of its members runs yet.</summary>
    /// <param name="estimator">The fit, with an agent class.</param>
    /// <param name="store">The shards.</param>
    /// <param name="mailbox">The first of them.</param>
    /// <param name="logger">The agent's log lines.</param>
    public SparkAgents(TorchEstimator estimator, ParameterClient store, IJobMailbox mailbox, ILogger logger)
    {
        Spec<TorchAgent> agent = estimator.AgentClass!;
        string name = $"{agent.Type} {Guid.NewGuid():N}";
        HubAgentTransport? transport = null;
        _job = new AgentJob(
            name, estimator.WorkerCount, estimator.ServerCount, logger, job => transport = new HubAgentTransport(job, AgentAddress.Coordinator, mailbox))
        {
            Store = store,
            WorkersFollowTasks = true,
        };
        _transport = transport!;
        TorchAgent coordinator = agent.Create();
        _job.Add(AgentAddress.Coordinator, coordinator);
        _program = new TrainingProgram(estimator, _job, coordinator);
        Companion = Spec<WorkerCompanion>.Of<AgentCompanion>(new AgentCompanionOptions(agent, name, estimator.WorkerCount, estimator.ServerCount));
        _transport.Start();
    }

    /// <summary>Cancelled when an agent asks for the end.</summary>
    public CancellationToken Stopping => _job.Stopping;

    /// <summary>The agent of each worker.</summary>
    public Spec<WorkerCompanion> Companion { get; }

    /// <inheritdoc cref="TrainingProgram.RunAsync"/>
    public Task<T> RunAsync<T>(Func<Task<T>> train) => _program.RunAsync(train);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync();
        _job.Dispose();
    }
}
