using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Tasks;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Workers as tasks of Spark: one barrier job an epoch. While it runs, the workers' notes in the shared folder tell how far they are.</summary>
sealed class SparkWorkerGroup : IWorkerGroup
{
    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan s_remoteLook = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_stateTimeout = TimeSpan.FromMinutes(1);

    readonly PreparedJob _job;
    readonly SparkOptions _options;
    readonly ShardDirectory _shards;
    readonly string _notes;
    readonly IShardChannel _firstShard;
    readonly ILogger _logger;
    readonly Spec<WorkerCompanion>? _companion;
    readonly Lock _lock = new();
    readonly SnapshotStates _states;
    readonly HashSet<string> _knownStates = new(StringComparer.Ordinal);
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile bool _stopRequested;

    /// <summary>Creates the group; no task runs yet.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">How Spark is used.</param>
    /// <param name="shards">The shards.</param>
    /// <param name="notes">Shared folder for the workers' notes; deleted with the group.</param>
    /// <param name="firstShard">The shard that says where all workers stop.</param>
    /// <param name="companion">What accompanies each worker; null: nothing.</param>
    /// <param name="logger">Log lines.</param>
    public SparkWorkerGroup(
        PreparedJob job, SparkOptions options, ShardDirectory shards, string notes, IShardChannel firstShard, Spec<WorkerCompanion>? companion, ILogger logger)
    {
        _job = job;
        _options = options;
        _shards = shards;
        _notes = notes;
        _firstShard = firstShard;
        _logger = logger;
        _companion = companion;
        _states = new SnapshotStates(job.Options.WorkerCount);
        Progress = [.. Enumerable.Range(0, job.Options.WorkerCount).Select(_ => new WorkerProgress(NewMetric()))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<WorkerProgress> Progress { get; }

    /// <inheritdoc/>
    public Action<long> SnapshotBegins { get; set; } = _ => { };

    /// <inheritdoc/>
    public ModelMetric NewMetric() => _job.Ticket.NewMetric();

    /// <summary>Nothing: on Spark a worker starts and stops with its task, each epoch.</summary>
    public Task StartAsync() => Task.CompletedTask;

    /// <inheritdoc cref="StartAsync"/>
    public Task StopAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public IReadOnlyList<Task<bool>> TrainEpoch(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken)
    {
        lock (_lock) _states.Clear();
        Task<TrainResult[]> job = TrainAsync(epoch, firstSteps, cancellationToken);
        return [.. Enumerable.Range(0, _job.Options.WorkerCount).Select(async rank => (await job)[rank].ReachedEnd)];
    }

    /// <inheritdoc/>
    public void RequestStop()
    {
        _stopRequested = true;
        _ = Task.Run(async () => await _firstShard.RequestStopAsync(CancellationToken.None))
            .ContinueWith(task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
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
                if (System.Array.TrueForAll(states, state => state is not null))
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
        var source = (SparkRows)_job.Rows(rows);
        var command = new MeasureCommand
        {
            Ticket = _job.Ticket,
            Shards = _shards,
            Rows = source.Spec,
            BatchSize = _job.ScoringPlan.BatchSize,
        };
        DataFrame frame = EpochOrder.Partition(source.Frame, EpochOrder.Columns(source.Spec), new ReadPlan { PartitionCount = _job.Options.WorkerCount }, ReplayMode.Epoch);
        SortedDictionary<int, byte[]> states = await TaskJob.RunAsync(frame, $"metaspore score {rows}", command, barrier: false, cancellationToken);
        return SparkScoring.Merge(NewMetric, states.Values);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        PreparedJob.Delete(_notes);
        return default;
    }

    async Task<TrainResult[]> TrainAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken)
    {
        var source = (SparkRows)_job.Training;
        string notes = StorageLocation.Join(_notes, $"epoch-{epoch}");
        _knownStates.Clear();
        var command = new TrainCommand
        {
            Ticket = _job.Ticket,
            Shards = _shards,
            Rows = source.Spec,
            BatchSize = _job.Options.BatchSize,
            Epoch = epoch,
            FirstSteps = firstSteps,
            States = [.. Progress.Select(progress => progress.Save())],
            SnapshotSteps = _job.Options.Checkpoint?.EverySteps ?? 0,
            Companion = _companion,
            Notes = notes,
        };
        DataFrame frame = EpochOrder.Partition(source.Frame, EpochOrder.Columns(source.Spec), _job.ReadPlan(epoch), _options.Replay);
        if (_stopRequested) RequestStop();
        using CancellationTokenSource watching = new();
        Task watch = WatchNotesAsync(notes, watching.Token);
        try
        {
            SortedDictionary<int, byte[]> answers = await TaskJob.RunAsync(frame, $"metaspore train epoch {epoch + 1}", command, barrier: true, cancellationToken);
            TrainResult[] results = [.. answers.Values.Select(answer => TaskResult.ReadData<TrainResult>(answer))];
            await watching.CancelAsync();
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TakeStatesAsync(notes, cancellationToken);
            for (int rank = 0; rank < results.Length; rank++) Progress[rank].Load(results[rank].Progress);
            return results;
        }
        finally
        {
            await watching.CancelAsync();
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task WatchNotesAsync(string notes, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(StorageLocation.IsRemote(notes) ? s_remoteLook : s_look);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await TakeStatesAsync(notes, cancellationToken);
            }
            catch (IOException error)
            {
                // The next look may succeed; a snapshot whose states never come fails by its own deadline.
                _logger.LogDebug(error, "The workers' notes could not be read");
            }

            for (int rank = 0; rank < Progress.Count; rank++)
                if (await WorkerNotes.ReadProgressAsync(notes, rank, cancellationToken) is { } progress) Progress[rank].Load(progress);
        }
    }

    async Task TakeStatesAsync(string notes, CancellationToken cancellationToken)
    {
        foreach ((int rank, long snapshotId, byte[] state) in await WorkerNotes.ReadStatesAsync(notes, _knownStates, cancellationToken)) TakeState(rank, snapshotId, state);
    }

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
}
