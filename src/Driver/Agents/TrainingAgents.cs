using System.Text.Json;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>The agents of a fit in this process: the coordinator's and one beside each worker.</summary>
sealed class TrainingAgents : IDisposable
{
    readonly TorchEstimator _estimator;
    readonly AgentJob _job;
    readonly TorchAgent _coordinator;
    readonly TorchAgent[] _workers;

    /// <summary>Creates the agents; none of their members runs yet.</summary>
    /// <param name="estimator">The fit, with an agent class.</param>
    /// <param name="store">The shards.</param>
    /// <param name="logger">The agents' log lines.</param>
    public TrainingAgents(TorchEstimator estimator, ParameterClient store, ILogger logger)
    {
        byte[] spec = JsonSerializer.SerializeToUtf8Bytes(estimator.AgentClass!, SpecJson.Options);
        TorchAgent Create() => JsonSerializer.Deserialize<Spec<TorchAgent>>(spec, SpecJson.Options)!.Create();
        _estimator = estimator;
        _job = new AgentJob($"{estimator.AgentClass!.Type} {Guid.NewGuid():N}", estimator.WorkerCount, estimator.ServerCount, logger) { Store = store };
        _coordinator = Create();
        _workers = [.. Enumerable.Range(0, estimator.WorkerCount).Select(_ => Create())];
        _job.Add(AgentAddress.Coordinator, _coordinator);
        for (int rank = 0; rank < _workers.Length; rank++) _job.Add(AgentAddress.Worker(rank), _workers[rank]);
    }

    /// <summary>Cancelled when an agent asks for the end.</summary>
    public CancellationToken Stopping => _job.Stopping;

    /// <summary>The step of a worker as its agent makes it.</summary>
    public MinibatchTransformer Wrap(int rank, MinibatchTransformer step) => new AgentStep(_workers[rank], step);

    /// <summary>Runs the coordinator's program around the training.</summary>
    /// <param name="workers">The workers, by rank.</param>
    /// <param name="train">Trains to the end, or until it is interrupted.</param>
    /// <returns>What <paramref name="train"/> returned.</returns>
    /// <exception cref="BadInputException">The program ended without training.</exception>
    public Task<T> RunAsync<T>(IReadOnlyList<WorkerSession> workers, Func<Task<T>> train)
    {
        for (int rank = 0; rank < workers.Count; rank++) _workers[rank].Attach(workers[rank]);
        return new TrainingProgram(_estimator, _job, _coordinator).RunAsync(train);
    }

    /// <inheritdoc/>
    public void Dispose() => _job.Dispose();
}
