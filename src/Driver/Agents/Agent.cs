using Apache.Arrow;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Readers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>
/// A program that runs as one coordinator and W workers with S shards between them. Derive from it, give it public
/// properties as options, override what each side does, and start it with <see cref="PSLauncher"/> or <c>metaspore run</c>.
/// </summary>
/// <remarks>
/// Every agent object lives on a thread of its own: its members run there, one at a time, and what follows an
/// <c>await</c> does so too; only an <c>await</c> lets other requests in between. The public parameterless constructor is
/// called once for the coordinator and once for each worker.
/// </remarks>
public abstract partial class Agent
{
    AgentHost? _host;
    ModelMetric? _metric;

    /// <summary>Whether this is the coordinator or a worker.</summary>
    public AgentRole Role => Host.Address.Role;

    /// <summary>Rank within the role, from 0.</summary>
    public int Rank => Host.Address.Rank;

    /// <summary>Number of workers (W).</summary>
    public int WorkerCount => Host.Job.WorkerCount;

    /// <summary>Number of shards (S).</summary>
    public int ServerCount => Host.Job.ServerCount;

    /// <summary>Name of the job.</summary>
    public string JobName => Host.Job.Name;

    /// <summary>Whether this is the coordinator.</summary>
    public bool IsCoordinator => Role == AgentRole.Coordinator;

    /// <summary>Whether this is a worker.</summary>
    public bool IsWorker => Role == AgentRole.Worker;

    /// <summary>Time that a request may take before its sender gives up; more than 0.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Time that a barrier waits for the last member; more than 0.</summary>
    public TimeSpan BarrierTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Log lines of this agent.</summary>
    protected ILogger Logger => Host.Job.Logger;

    /// <summary>The parameters on the shards; there are some when <see cref="CreateLayout"/> gives a layout.</summary>
    /// <exception cref="InvalidOperationException">The job has no parameters.</exception>
    protected ParameterClient Store => Host.Job.Store
        ?? throw new InvalidOperationException("the job has no parameters; override CreateLayout to name tables and tensors");

    /// <summary>At the coordinator the job's metric, merged from what workers pushed; on a worker its own since it pushed last.</summary>
    protected ModelMetric Metric => _metric ??= CreateMetric();

    AgentHost Host => _host ?? throw new InvalidOperationException("the agent is not part of a running job; start it with PSLauncher");

    /// <summary>The tables and tensors that the shards hold; asked at the coordinator before anything starts. Null: none.</summary>
    protected internal virtual StoreLayout? CreateLayout() => null;

    /// <summary>The coordinator's program. As it stands: starts the workers, feeds the data sets, stops the workers.</summary>
    protected internal virtual async Task RunAsync(CancellationToken cancellationToken)
    {
        await StartWorkersAsync(cancellationToken);
        await FeedAsync(cancellationToken);
        await StopWorkersAsync(cancellationToken);
    }

    /// <summary>At the coordinator, between start and stop of the workers: gives them their rows. As it stands: none.</summary>
    protected virtual Task FeedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Opens rows by their path; as it stands a file, folder or glob in the format that its name tells.</summary>
    protected virtual Dataset LoadDataset(string path) => new LocalDataset(new DatasetSpec { Inputs = [new InputFile(path)] });

    /// <summary>On each worker when the workers start.</summary>
    protected internal virtual Task WorkerStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>On each worker when the workers stop.</summary>
    protected internal virtual Task WorkerStopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>On a worker: learns from some rows.</summary>
    /// <param name="rows">The rows; disposed when the task has completed.</param>
    /// <param name="cancellationToken">Cancelled when the job ends early.</param>
    protected internal virtual Task TrainMinibatchAsync(RecordBatch rows, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} is fed rows to train on but does not override {nameof(TrainMinibatchAsync)}");

    /// <summary>On a worker: scores some rows.</summary>
    /// <param name="rows">The rows; disposed when the task has completed.</param>
    /// <param name="cancellationToken">Cancelled when the job ends early.</param>
    protected internal virtual Task ValidateMinibatchAsync(RecordBatch rows, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} is fed rows to validate but does not override {nameof(ValidateMinibatchAsync)}");

    /// <summary>Answers a request of another agent. An exception travels back to the sender.</summary>
    /// <param name="sender">Who asks.</param>
    /// <param name="request">What.</param>
    /// <param name="cancellationToken">Cancelled when the job ends early.</param>
    protected internal virtual Task<AgentMessage> HandleRequestAsync(AgentAddress sender, AgentMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} does not know the request \"{request.Command}\"");

    /// <summary>The metric that workers accumulate; as it stands that of binary classification.</summary>
    protected virtual ModelMetric CreateMetric() => new BinaryClassificationModelMetric();

    /// <summary>The host's handle; set once, before any hook runs.</summary>
    internal void Attach(AgentHost host) => _host = host;

    /// <summary>Merges a metric that a worker pushed.</summary>
    internal void MergeMetric(ReadOnlySpan<byte> state)
    {
        ModelMetric pushed = CreateMetric();
        pushed.SetState(state);
        Metric.Merge(pushed);
    }
}
