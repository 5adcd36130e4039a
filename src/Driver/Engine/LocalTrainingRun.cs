using System.Collections.Concurrent;
using System.Diagnostics;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// Trains one job with threads and shards of this process: epochs, validation, early stopping, snapshots, and the final
/// model. One use.
/// </summary>
sealed partial class LocalTrainingRun : IAsyncDisposable
{
    readonly PreparedJob _job;
    readonly TrainingOptions _options;
    readonly ITrainingObserver _observer;
    readonly ParameterClient _client;
    readonly TrainingAgents? _agents;
    readonly WorkerSession[] _workers;
    readonly WorkerThread[] _threads;
    readonly SnapshotSchedule _schedule;
    readonly SnapshotPublisher _publisher;
    readonly ConcurrentQueue<Action> _notices;
    readonly Stopwatch _clock = new();
    TrainingState _state;

    LocalTrainingRun(
        PreparedJob job,
        ITrainingObserver observer,
        ConcurrentQueue<Action> notices,
        ParameterClient client,
        TrainingAgents? agents,
        WorkerSession[] workers,
        TrainingState state)
    {
        _job = job;
        _options = job.Options;
        _observer = observer;
        _notices = notices;
        _client = client;
        _agents = agents;
        _workers = workers;
        _state = state;
        _threads = [.. workers.Select(worker => new WorkerThread($"metaspore-worker-{worker.Rank}"))];
        _publisher = new SnapshotPublisher(job, client);
        _schedule = new SnapshotSchedule(workers.Length, _options.Checkpoint?.EverySteps ?? 0, BeginSnapshot);
    }

    /// <summary>Trains the job from its beginning, from an input model, or from its last snapshot.</summary>
    /// <param name="job">The job, checked.</param>
    /// <param name="observer">Watches.</param>
    /// <param name="interrupt">Asks for a snapshot and an end.</param>
    /// <returns>What was reached; the model is in the job's output folder unless the run was interrupted.</returns>
    public static async Task<TrainingSummary> RunAsync(PreparedJob job, ITrainingObserver observer, CancellationToken interrupt)
    {
        TrainingState state = job.Resumed is { } resumed
            ? resumed.State with { Generation = resumed.State.Generation + 1 }
            : new TrainingState { RunId = Guid.NewGuid(), NextSteps = new long[job.Options.WorkerCount] };
        StoreLayout layout = job.Layout with { RunId = state.RunId, Generation = state.Generation };
        ConcurrentQueue<Action> notices = [];
        await using ParameterClient client = ParameterClient.CreateLocal(layout, job.Options.ServerCount);
        using TrainingAgents? agents = job.Estimator.AgentClass is null
            ? null
            : new TrainingAgents(job.Estimator, client, new ObserverLogger(message => notices.Enqueue(() => observer.OnMessage(message))));
        var workers = new List<WorkerSession>();
        try
        {
            byte[] ticket = job.Ticket.ToBytes();
            for (int i = 0; i < job.Options.WorkerCount; i++)
            {
                int rank = i;
                workers.Add(new WorkerSession(JobTicket.FromBytes(ticket), rank, agents is null ? null : step => agents.Wrap(rank, step)));
                workers[rank].Connect(client);
            }

            await using var run = new LocalTrainingRun(job, observer, notices, client, agents, [.. workers], state);
            return await run.TrainAsync(interrupt);
        }
        finally
        {
            foreach (WorkerSession worker in workers) worker.Dispose();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (WorkerThread thread in _threads) thread.Dispose();
        await _publisher.DisposeAsync();
    }

    async Task<TrainingSummary> TrainAsync(CancellationToken interrupt)
    {
        await InitializeAsync();
        Report(_job.Describe(_state));
        TrainingOutcome outcome = TrainingOutcome.Failed;
        string? failure = null;
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt, _agents?.Stopping ?? CancellationToken.None);
            using CancellationTokenRegistration registration = stop.Token.Register(_schedule.RequestStop);
            _clock.Start();
            outcome = await TrainEpochsAsync(stop.Token);
            if (outcome != TrainingOutcome.Interrupted) await FinishAsync();
        }
        catch (Exception error)
        {
            failure = error.Message;
            throw;
        }
        finally
        {
            if (failure is null) DrainNotices();
            if (failure is not null) _observer.OnEnd(Summarize(TrainingOutcome.Failed, failure, test: null));
        }

        EvaluationResult? test = outcome == TrainingOutcome.Interrupted || _job.Test is null
            ? null
            : await EvaluateAsync(_job.Test, CancellationToken.None);
        TrainingSummary summary = Summarize(outcome, null, test);
        _observer.OnEnd(summary);
        return summary;
    }

    async Task InitializeAsync()
    {
        _publisher.Prepare();
        if (_job.Resumed is { } resumed) await resumed.Checkpoint.LoadAsync(_client, new CheckpointLoadOptions(), CancellationToken.None);
        else await BeginAsync();
        for (int rank = 0; rank < _state.WorkerStates.Count; rank++) _workers[rank].Progress.Load(_state.WorkerStates[rank]);
    }

    async Task BeginAsync()
    {
        if (_job.Input is { } input) await input.LoadAsync(_client, _options.LoadsState);
        else
        {
            for (int tensor = 0; tensor < _client.Layout.DenseTensors.Count; tensor++)
            {
                byte[] values = _workers[0].Model.DenseValues(tensor).AsSpan<byte>().ToArray();
                await _client.WriteDenseAsync(new DenseSlice(tensor, values, null), CancellationToken.None);
            }
        }

        foreach (TableImport rows in _job.Imports) await rows.RunAsync(_client, CancellationToken.None);
    }

    async Task<TrainingOutcome> TrainEpochsAsync(CancellationToken interrupt)
    {
        await OnWorkersAsync(worker => worker.Start());
        try
        {
            return await (_agents?.RunAsync(_workers, () => TrainEpochsLeftAsync(interrupt)) ?? TrainEpochsLeftAsync(interrupt));
        }
        finally
        {
            await OnWorkersAsync(worker => worker.Stop());
        }
    }

    async Task<TrainingOutcome> TrainEpochsLeftAsync(CancellationToken interrupt)
    {
        while (!_state.Finished && _state.Epoch < _options.TrainingEpochs)
        {
            if (!await TrainEpochAsync(interrupt)) return TrainingOutcome.Interrupted;
            await EndEpochAsync();
            if (interrupt.IsCancellationRequested && !_state.Finished) return TrainingOutcome.Interrupted;
        }

        return _state.Epoch < _options.TrainingEpochs ? TrainingOutcome.StoppedEarly : TrainingOutcome.Completed;
    }

    async Task FinishAsync()
    {
        if (_state.BestEpoch > 0 && _state.BestEpoch != _state.Epoch) await _publisher.LoadBestAsync(_state);
        await _client.PruneAsync(new PruneRequest(MaxAge: _options.MaxSparseFeatureAge), CancellationToken.None);
        await _publisher.SaveModelAsync(_state);
    }

    async Task<EvaluationResult> EvaluateAsync(IBatchSource rows, CancellationToken cancellationToken)
    {
        WorkerSession worker = _workers[0];
        ModelMetric metric = worker.NewMetric();
        await _threads[0].RunAsync(() =>
        {
            using IPartitionedPass pass = rows.Open(_job.ScoringPlan, [0], cancellationToken);
            worker.Score(pass.Partition(0), (_, predictions, labels) => metric.Accumulate(predictions, labels, double.NaN), cancellationToken);
        });
        return Results.Of(metric);
    }

    void BeginSnapshot(long snapshotId) => _publisher.Begin(snapshotId, _state.Steps + SnapshotSchedule.StepOf(snapshotId), () =>
    {
        IReadOnlyList<byte[]> states = _schedule.StatesOf(snapshotId);
        return _state with
        {
            WorkerStates = states,
            Seconds = _job.SecondsBefore + _clock.Elapsed.TotalSeconds,
        };
    }, path => Notice(path, SnapshotSchedule.EpochOf(snapshotId), SnapshotSchedule.StepOf(snapshotId)));

    void Notice(string path, int epoch, long step)
    {
        var notice = new CheckpointNotice(path, epoch + 1, _state.Steps + (step * _workers.Length), _clock.Elapsed);
        _notices.Enqueue(() => _observer.OnCheckpoint(notice));
    }

    void DrainNotices()
    {
        while (_notices.TryDequeue(out Action? notice)) notice();
    }

    void Report(TrainingStart start)
    {
        _observer.OnStart(start);
        foreach (string message in _job.Messages) _observer.OnMessage(new TrainingMessage(LogLevel.Information, message));
    }

    async Task OnWorkersAsync(Action<WorkerSession> action) =>
        await Task.WhenAll(_workers.Select((worker, rank) => _threads[rank].RunAsync(() => action(worker))));

    ModelMetric MergedMetric()
    {
        ModelMetric merged = _workers[0].NewMetric();
        foreach (WorkerSession worker in _workers) worker.Progress.MergeInto(merged);
        return merged;
    }

    TrainingSummary Summarize(TrainingOutcome outcome, string? failure, EvaluationResult? test)
    {
        long rows = _state.Rows + (outcome is TrainingOutcome.Interrupted or TrainingOutcome.Failed ? _workers.Sum(worker => worker.Progress.Rows) : 0);
        double seconds = outcome is TrainingOutcome.Interrupted or TrainingOutcome.Failed
            ? _job.SecondsBefore + _clock.Elapsed.TotalSeconds
            : _state.Seconds;
        return new TrainingSummary
        {
            Outcome = outcome,
            Rows = rows,
            Seconds = seconds,
            RowsPerSecond = seconds > 0 ? rows / seconds : 0,
            Epochs = _state.Epoch,
            KeptEpoch = _state.BestEpoch > 0 ? _state.BestEpoch : _state.Epoch,
            Train = _state.Train,
            Validation = _state.BestEpoch > 0 ? _state.BestValidation : _state.Validation,
            Test = test,
            ModelPath = outcome is TrainingOutcome.Interrupted or TrainingOutcome.Failed ? null : _job.ModelOutPath,
            CheckpointPath = _publisher.LastPath,
            Failure = failure,
        };
    }
}
