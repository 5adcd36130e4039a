using System.Text.Json;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>The agents of a fit: the coordinator's and one beside each worker.</summary>
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
    public async Task<T> RunAsync<T>(IReadOnlyList<WorkerSession> workers, Func<Task<T>> train)
    {
        Task<T>? training = null;
        for (int rank = 0; rank < workers.Count; rank++) _workers[rank].Attach(workers[rank]);
        // Off the coordinator's thread, which answers requests meanwhile.
        _coordinator.Attach(_estimator, _ => training ??= Task.Run(train));
        try
        {
            await _job.Host(AgentAddress.Coordinator).RunProgramAsync();
        }
        catch (OperationCanceledException) when (_job.IsShutDown && training is not null)
        {
            // The training sees the same request and ends in its own order.
        }
        catch
        {
            _job.Cancel();
            throw;
        }
        finally
        {
            if (training is not null) await ((Task)training).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return training is not null
            ? await training
            : throw new BadInputException(
                $"{_coordinator.GetType().FullName} ended without training; call TrainAsync, or base.FeedAsync, where it overrides FeedAsync or RunAsync.");
    }

    /// <inheritdoc/>
    public void Dispose() => _job.Dispose();
}
