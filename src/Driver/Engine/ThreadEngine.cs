using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Shards and workers in this process: the embedded engine.</summary>
sealed class ThreadEngine : IRunEngine
{
    readonly ThreadWorkerGroup _workers;
    readonly TrainingAgents? _agents;

    ThreadEngine(ParameterClient client, TrainingAgents? agents, ThreadWorkerGroup workers)
    {
        Client = client;
        _agents = agents;
        _workers = workers;
    }

    /// <inheritdoc/>
    public ParameterClient Client { get; }

    /// <inheritdoc/>
    public IWorkerGroup Workers => _workers;

    /// <inheritdoc/>
    public Task Lost { get; } = new TaskCompletionSource().Task;

    /// <inheritdoc/>
    public CancellationToken Stopping => _agents?.Stopping ?? CancellationToken.None;

    /// <summary>Builds shards, agents and workers.</summary>
    /// <param name="job">The job.</param>
    /// <param name="layout">What the shards hold.</param>
    /// <param name="logger">The agents' log lines.</param>
    public static async Task<ThreadEngine> CreateAsync(PreparedJob job, StoreLayout layout, ILogger logger)
    {
        ParameterClient client = ParameterClient.CreateLocal(layout, job.Options.ServerCount);
        TrainingAgents? agents = null;
        var workers = new List<WorkerSession>();
        try
        {
            if (job.Estimator.AgentClass is not null) agents = new TrainingAgents(job.Estimator, client, logger);
            byte[] ticket = job.Ticket.ToBytes();
            for (int i = 0; i < job.Options.WorkerCount; i++)
            {
                int rank = i;
                workers.Add(new WorkerSession(JobTicket.FromBytes(ticket), rank, agents is null ? null : step => agents.Wrap(rank, step)));
                workers[rank].Connect(client);
            }

            return new ThreadEngine(client, agents, new ThreadWorkerGroup(job, [.. workers]));
        }
        catch
        {
            foreach (WorkerSession worker in workers) worker.Dispose();
            agents?.Dispose();
            await client.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Exception> ExplainAsync(Exception error) => Task.FromResult(error);

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> InitialDense() => _workers.Sessions[0].Model.CopyDenseValues();

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<Task<T>> train) => _agents?.RunAsync(_workers.Sessions, train) ?? train();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _agents?.Dispose();
        await Client.DisposeAsync();
    }
}
