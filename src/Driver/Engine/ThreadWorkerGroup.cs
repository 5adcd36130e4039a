using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Workers as threads of this process.</summary>
sealed class ThreadWorkerGroup : IWorkerGroup
{
    readonly PreparedJob _job;
    readonly WorkerSession[] _workers;
    readonly WorkerThread[] _threads;
    readonly SnapshotSchedule _schedule;

    /// <summary>Takes over the workers.</summary>
    /// <param name="job">The job.</param>
    /// <param name="workers">By rank; connected to the store; the group's from now on.</param>
    public ThreadWorkerGroup(PreparedJob job, WorkerSession[] workers)
    {
        _job = job;
        _workers = workers;
        _threads = [.. workers.Select(worker => new WorkerThread($"metaspore-worker-{worker.Rank}"))];
        _schedule = new SnapshotSchedule(workers.Length, job.Options.Checkpoint?.EverySteps ?? 0, id => SnapshotBegins(id));
        Progress = [.. workers.Select(worker => worker.Progress)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<WorkerProgress> Progress { get; }

    /// <inheritdoc/>
    public Action<long> SnapshotBegins { get; set; } = _ => { };

    /// <summary>By rank: the workers.</summary>
    public IReadOnlyList<WorkerSession> Sessions => _workers;

    /// <inheritdoc/>
    public ModelMetric NewMetric() => _job.Ticket.NewMetric();

    /// <inheritdoc/>
    public Task StartAsync() => OnWorkersAsync(worker => worker.Start());

    /// <inheritdoc/>
    public Task StopAsync() => OnWorkersAsync(worker => worker.Stop());

    /// <inheritdoc/>
    public IReadOnlyList<Task<bool>> TrainEpoch(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken)
    {
        _schedule.BeginEpoch(firstSteps);
        IPartitionedPass pass = ((IBatchSource)_job.Training).Open(_job.ReadPlan(epoch), firstSteps, cancellationToken);
        Task<bool>[] epochs = [.. _workers.Select((worker, rank) => _threads[rank].RunAsync(
            () => worker.TrainEpoch(pass.Partition(rank), epoch, firstSteps[rank], _schedule, cancellationToken)))];
        _ = Task.WhenAll(epochs).ContinueWith(_ => pass.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return epochs;
    }

    /// <inheritdoc/>
    public void RequestStop() => _schedule.RequestStop();

    /// <inheritdoc/>
    public Task<IReadOnlyList<byte[]>> StatesOfAsync(long snapshotId) => Task.FromResult(_schedule.StatesOf(snapshotId));

    /// <inheritdoc/>
    public Task<ModelMetric> ScoreAsync(RowsRole rows, CancellationToken cancellationToken) => _threads[0].RunAsync(() =>
    {
        using IPartitionedPass pass = ((IBatchSource)_job.Rows(rows)).Open(_job.ScoringPlan, [0], cancellationToken);
        return _workers[0].Evaluate(pass.Partition(0), null, cancellationToken);
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (WorkerThread thread in _threads) thread.Dispose();
        foreach (WorkerSession worker in _workers) worker.Dispose();
        return default;
    }

    async Task OnWorkersAsync(Action<WorkerSession> action) =>
        await Task.WhenAll(_workers.Select((worker, rank) => _threads[rank].RunAsync(() => action(worker))));
}
