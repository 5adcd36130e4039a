using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Udfs.Workers;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>
/// An agent that takes part in a fit (<see cref="TorchEstimator.AgentClass"/>): the coordinator's starts the workers' agents, lets
/// the fit train, and stops them; every worker's can replace the step. Its only constructor takes one JSON-serialisable options
/// object (or nothing).
/// </summary>
/// <remarks>
/// As in any agent, members run on the agent's own thread, except <see cref="TrainMinibatch"/>, which the worker's computing
/// thread calls while requests are answered: fields that both use need a lock. When the fit fails,
/// <see cref="Agent.WorkerStopAsync"/> is not called. <see cref="Agent.Shutdown"/> interrupts the fit as Ctrl-C does.
/// <para>
/// On Spark the coordinator's agent lives in the driver, as long as the shards: when an executor is lost, a new one begins. A worker's agent
/// lives in the executor for the task of one epoch: it is created anew for each, so what it is to keep, it sends to the
/// coordinator; it starts and stops with its task, and a request to it between epochs waits up to
/// <see cref="Agent.RequestTimeout"/>. A message holds at most 64 MiB. The driver must reach the executors.
/// </para>
/// </remarks>
public abstract class TorchAgent : Agent
{
    TorchEstimator? _estimator;
    WorkerSession? _worker;
    MinibatchTransformer? _step;
    Func<CancellationToken, Task>? _train;

    /// <summary>At the coordinator: the fit's options.</summary>
    public TorchEstimator Estimator => _estimator ?? throw Elsewhere(nameof(Estimator), AgentRole.Coordinator);

    /// <summary>On a worker: its network, rank, progress, and the store. Not thread-safe but for its progress.</summary>
    public WorkerSession Worker => _worker ?? throw Elsewhere(nameof(Worker), AgentRole.Worker);

    /// <summary>As it stands: trains.</summary>
    protected override Task FeedAsync(CancellationToken cancellationToken) => TrainAsync(cancellationToken);

    /// <summary>At the coordinator: trains all epochs with validation, early stopping and checkpoints, as the estimator says. Once.</summary>
    protected Task TrainAsync(CancellationToken cancellationToken) =>
        (_train ?? throw Elsewhere(nameof(TrainAsync), AgentRole.Coordinator))(cancellationToken);

    /// <summary>
    /// On a worker: computes predictions and loss of a minibatch, as <see cref="MinibatchTransformer.Transform"/> does. As it
    /// stands: the estimator's training step. Called by the worker's computing thread.
    /// </summary>
    protected internal virtual (Tensor Predictions, Tensor? Loss) TrainMinibatch(SparseModel model, Minibatch minibatch, LossFunction loss) =>
        (_step ?? throw Elsewhere(nameof(TrainMinibatch), AgentRole.Worker)).Transform(model, minibatch, loss);

    /// <summary>Makes this the coordinator's agent.</summary>
    internal void Attach(TorchEstimator estimator, Func<CancellationToken, Task> train) => (_estimator, _train) = (estimator, train);

    /// <summary>Makes this the agent of a worker.</summary>
    internal void Attach(WorkerSession worker) => _worker = worker;

    /// <summary>What <see cref="TrainMinibatch"/> does as it stands.</summary>
    internal void Attach(MinibatchTransformer step) => _step = step;

    static InvalidOperationException Elsewhere(string member, AgentRole role) =>
        new($"{member} belongs to the agents of role {role}, in a fit whose AgentClass they are");
}
