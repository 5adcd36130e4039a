using Apache.Arrow;
using MetaSpore.Spark.Driver.Data;

namespace MetaSpore.Spark.Driver.Agents;

/// <content>What an agent can ask for.</content>
public abstract partial class Agent
{
    /// <summary>The agent whose thread this is; null on any other thread.</summary>
    public static Agent? Current => AgentRegistry.Current;

    /// <summary>The agent of a running job in this process; null when there is none.</summary>
    public static Agent? Find(string jobName, AgentAddress address) => AgentRegistry.Find(jobName, address);

    /// <summary>At the coordinator: runs <see cref="WorkerStartAsync"/> on all workers at the same time. Nothing in a fit on Spark, where each starts with its task.</summary>
    protected Task StartWorkersAsync(CancellationToken cancellationToken) => CommandWorkersAsync(AgentCommands.Start, cancellationToken);

    /// <summary>At the coordinator: runs <see cref="WorkerStopAsync"/> on all workers at the same time. Nothing in a fit on Spark, where each stops with its task.</summary>
    protected Task StopWorkersAsync(CancellationToken cancellationToken) => CommandWorkersAsync(AgentCommands.Stop, cancellationToken);

    /// <summary>At the coordinator: deals batches to the workers (batch k to worker k mod W), which learn from them.</summary>
    /// <param name="read">Begins a pass over the rows; its argument is the epoch, from 0.</param>
    /// <param name="epochs">Passes, at least 1.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    protected async Task FeedTrainingDatasetAsync(Func<int, IAsyncEnumerable<RecordBatch>> read, int epochs, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        for (int epoch = 0; epoch < epochs; epoch++) await FeedOnceAsync(AgentCommands.Train, read(epoch), cancellationToken);
    }

    /// <summary>At the coordinator: deals the rows of a data set to the workers (batch k to worker k mod W), which learn from them.</summary>
    /// <param name="dataset">The rows; see <see cref="LoadDataset"/>.</param>
    /// <param name="batchSize">Rows of a batch, at least 1.</param>
    /// <param name="epochs">Passes, at least 1.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    protected Task FeedTrainingDatasetAsync(Dataset dataset, int batchSize, int epochs, CancellationToken cancellationToken) =>
        FeedTrainingDatasetAsync(_ => dataset.ReadAsync(batchSize, cancellationToken), epochs, cancellationToken);

    /// <summary>At the coordinator: deals the rows of a data set to the workers, which score them.</summary>
    /// <param name="dataset">The rows; see <see cref="LoadDataset"/>.</param>
    /// <param name="batchSize">Rows of a batch, at least 1.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    protected Task FeedValidationDatasetAsync(Dataset dataset, int batchSize, CancellationToken cancellationToken) =>
        FeedValidationDatasetAsync(dataset.ReadAsync(batchSize, cancellationToken), cancellationToken);

    /// <summary>At the coordinator: deals batches to the workers, which score them.</summary>
    protected Task FeedValidationDatasetAsync(IAsyncEnumerable<RecordBatch> rows, CancellationToken cancellationToken) =>
        FeedOnceAsync(AgentCommands.Validate, rows, cancellationToken);

    /// <summary>Sends a request to one agent and waits for its answer.</summary>
    /// <exception cref="AgentException">The receiver threw.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="RequestTimeout"/>.</exception>
    protected Task<AgentMessage> SendRequestAsync(AgentAddress receiver, AgentMessage request, CancellationToken cancellationToken) =>
        Host.SendAsync(receiver, request, RequestTimeout, cancellationToken);

    /// <summary>Sends several requests at the same time and waits for all answers, in the order of the requests.</summary>
    /// <exception cref="AgentException">A receiver threw; the first one in order is reported, after all have answered.</exception>
    /// <exception cref="TimeoutException">An answer is missing after <see cref="RequestTimeout"/>.</exception>
    protected Task<AgentMessage[]> SendAllRequestsAsync(
        IReadOnlyList<(AgentAddress Receiver, AgentMessage Request)> requests, CancellationToken cancellationToken) =>
        Task.WhenAll(requests.Select(r => Host.SendAsync(r.Receiver, r.Request, RequestTimeout, cancellationToken)));

    /// <summary>Sends the same request to a group and waits for all answers, the coordinator's first, then in rank order.</summary>
    /// <exception cref="AgentException">A receiver threw; the first one in order is reported, after all have answered.</exception>
    /// <exception cref="TimeoutException">An answer is missing after <see cref="RequestTimeout"/>.</exception>
    protected Task<AgentMessage[]> BroadcastRequestAsync(AgentGroup group, AgentMessage request, CancellationToken cancellationToken) =>
        SendAllRequestsAsync([.. Host.Job.Members(group).Select(member => (member, request))], cancellationToken);

    /// <summary>Waits until every member of a group waits here.</summary>
    /// <exception cref="InvalidOperationException">This agent is not a member.</exception>
    /// <exception cref="TimeoutException">A member did not come within <see cref="BarrierTimeout"/>; the message names it.</exception>
    protected Task BarrierAsync(AgentGroup group, CancellationToken cancellationToken) =>
        Host.MeetAsync(group, BarrierTimeout, cancellationToken);

    /// <summary>Waits until every worker waits here.</summary>
    protected Task BarrierAsync(CancellationToken cancellationToken) => BarrierAsync(AgentGroup.Workers, cancellationToken);

    /// <summary>On a worker: adds its metric to the coordinator's and empties its own.</summary>
    protected async Task PushMetricAsync(CancellationToken cancellationToken)
    {
        byte[] state = Metric.GetState();
        Metric.Clear();
        await SendRequestAsync(AgentAddress.Coordinator, new AgentMessage(AgentCommands.PushMetric, Payload: state), cancellationToken);
    }

    /// <summary>Ends the job early, in good order: the coordinator's program and all workers are cancelled.</summary>
    protected void Shutdown() => Host.Job.Shutdown();

    async Task CommandWorkersAsync(string command, CancellationToken cancellationToken)
    {
        RequireCoordinator(command);
        if (Host.Job.WorkersFollowTasks) return;
        AgentMessage message = new(command);
        await Host.Job.WhenAllOrFirstFailureAsync(Host.Job.Members(AgentGroup.Workers).Select(
            worker => Host.SendAsync(worker, message, Timeout.InfiniteTimeSpan, cancellationToken)));
    }

    async Task FeedOnceAsync(string command, IAsyncEnumerable<RecordBatch> rows, CancellationToken cancellationToken)
    {
        RequireCoordinator(command);
        if (Host.Job.WorkersFollowTasks)
            throw new InvalidOperationException("Spark gives the workers of this fit their rows; call TrainAsync (or base.FeedAsync) instead of feeding a data set");
        await Host.Job.FeedAsync(command, rows, cancellationToken);
    }

    void RequireCoordinator(string what)
    {
        if (!IsCoordinator) throw new InvalidOperationException($"\"{what}\" is the coordinator's to ask for; this is {Host.Address}");
    }
}
