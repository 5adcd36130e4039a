using System.Runtime.ExceptionServices;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Tasks;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>The agent of a worker that is a task of Spark: it is created with the task, and starts and stops with it.</summary>
public sealed class AgentCompanion : WorkerCompanion
{
    readonly AgentCompanionOptions _options;
    readonly TorchAgent _agent;
    AgentJob? _job;
    HubAgentTransport? _transport;
    AgentHost? _host;
    CancellationTokenRegistration _registration;

    /// <summary>Creates the agent; none of its members runs yet.</summary>
    /// <exception cref="BadInputException">The agent's type can't be found or built here.</exception>
    public AgentCompanion(AgentCompanionOptions options)
    {
        _options = options;
        _agent = options.Agent.Create();
    }

    /// <inheritdoc/>
    public override MinibatchTransformer Wrap(MinibatchTransformer step) => new AgentStep(_agent, step);

    /// <summary>Makes the agent a part of its job and runs its <see cref="Agent.WorkerStartAsync"/>.</summary>
    /// <exception cref="AgentException">The agent threw.</exception>
    public override void Start(
        WorkerSession worker, ParameterClient store, IJobMailbox mailbox, ILogger log, CancellationToken cancellationToken)
    {
        AgentAddress self = AgentAddress.Worker(worker.Rank);
        _job = new AgentJob(
            _options.JobName, _options.WorkerCount, _options.ServerCount, log, job => _transport = new HubAgentTransport(job, self, mailbox))
        {
            Store = store,
        };
        _agent.Attach(worker);
        _job.Add(self, _agent);
        _host = _job.Host(self);
        _registration = cancellationToken.Register(_job.Cancel);
        _transport!.Start();
        Run(AgentCommands.Start);
    }

    /// <summary>Runs the agent's <see cref="Agent.WorkerStopAsync"/>.</summary>
    /// <exception cref="AgentException">The agent threw.</exception>
    public override void Stop() => Run(AgentCommands.Stop);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _registration.Dispose();
        _transport?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _job?.Dispose();
    }

    void Run(string command)
    {
        try
        {
            _host!.HandleAsync(_host.Address, new AgentMessage(command)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_job!.IsShutDown)
        {
            // An agent has asked for the end of the fit: the worker makes its steps up to there.
        }
        catch (AgentException error) when (error.InnerException is BadInputException or ShardUnreachableException or ShardException)
        {
            // The driver tells these from what is wrong with the agent.
            ExceptionDispatchInfo.Throw(error.InnerException);
        }
    }
}
