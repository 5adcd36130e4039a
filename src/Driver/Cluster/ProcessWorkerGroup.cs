using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>Workers as processes.</summary>
sealed class ProcessWorkerGroup : IWorkerGroup
{
    static readonly TimeSpan s_stateTimeout = TimeSpan.FromMinutes(1);

    readonly JobTicket _ticket;
    readonly GrpcShardChannel _firstShard;
    readonly Lock _lock = new();
    readonly SnapshotStates _states;
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool _stopRequested;

    /// <summary>Creates the workers' near ends; their processes are started by the caller.</summary>
    /// <param name="ticket">The job.</param>
    /// <param name="firstShard">The shard that says where all workers stop.</param>
    public ProcessWorkerGroup(JobTicket ticket, GrpcShardChannel firstShard)
    {
        _ticket = ticket;
        _firstShard = firstShard;
        _states = new SnapshotStates(ticket.WorkerCount);
        Workers = [.. Enumerable.Range(0, ticket.WorkerCount).Select(rank => new ProcessWorker(
            new WorkerProgress(NewMetric()), (snapshot, state) => TakeState(rank, snapshot, state), TimeProvider.System))];
        Progress = [.. Workers.Select(worker => worker.Progress)];
    }

    /// <summary>By rank: the workers.</summary>
    public IReadOnlyList<ProcessWorker> Workers { get; }

    /// <inheritdoc/>
    public IReadOnlyList<WorkerProgress> Progress { get; }

    /// <inheritdoc/>
    public Action<long> SnapshotBegins { get; set; } = _ => { };

    /// <inheritdoc/>
    public ModelMetric NewMetric() => _ticket.NewMetric();

    /// <inheritdoc/>
    public Task StartAsync() => CallAllAsync(new WorkerCommand(WorkerCommandKind.Start));

    /// <inheritdoc/>
    public Task StopAsync() => CallAllAsync(new WorkerCommand(WorkerCommandKind.Stop));

    /// <inheritdoc/>
    public IReadOnlyList<Task<bool>> TrainEpoch(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken)
    {
        lock (_lock) _states.Clear();
        Task<bool>[] epochs = [.. Workers.Select((worker, rank) => TrainAsync(
            worker, new WorkerCommand(WorkerCommandKind.Train, epoch, firstSteps[rank], worker.Progress.Save()), cancellationToken))];
        if (_stopRequested) SendStop();
        return epochs;
    }

    /// <inheritdoc/>
    public void RequestStop()
    {
        _stopRequested = true;
        SendStop();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<byte[]>> StatesOfAsync(long snapshotId)
    {
        using CancellationTokenSource deadline = new(s_stateTimeout);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                byte[]?[] states = _states.Of(snapshotId);
                if (Array.TrueForAll(states, state => state is not null))
                {
                    _states.Remove(snapshotId);
                    return states!;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(deadline.Token);
        }
    }

    /// <inheritdoc/>
    public async Task<ModelMetric> ScoreAsync(RowsRole rows, CancellationToken cancellationToken)
    {
        WorkerEvent scored = await Workers[0].CallAsync(new WorkerCommand(WorkerCommandKind.Score, Rows: rows.ToString()), cancellationToken);
        ModelMetric metric = NewMetric();
        metric.SetState(scored.State);
        return metric;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(Workers.Select(worker => worker.Process.DisposeAsync().AsTask()));

    static async Task<bool> TrainAsync(ProcessWorker worker, WorkerCommand command, CancellationToken cancellationToken) =>
        (await worker.CallAsync(command, cancellationToken)).ReachedEnd;

    void SendStop() => _ = Task.Run(async () => await _firstShard.RequestStopAsync(CancellationToken.None))
        .ContinueWith(task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    void TakeState(int rank, long snapshotId, byte[] state)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = snapshotId != 0 && _states.TryBegin(snapshotId);
            _states.Set(snapshotId, rank, state);
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (isFirst) SnapshotBegins(snapshotId);
    }

    async Task CallAllAsync(WorkerCommand command) =>
        await Task.WhenAll(Workers.Select(worker => worker.CallAsync(command, CancellationToken.None)));
}
