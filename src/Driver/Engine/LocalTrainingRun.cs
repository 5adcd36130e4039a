using System.Collections.Concurrent;
using System.Diagnostics;
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
sealed class LocalTrainingRun : IAsyncDisposable
{
    readonly PreparedJob _job;
    readonly TrainingOptions _options;
    readonly ITrainingObserver _observer;
    readonly WorkerSession[] _workers;
    readonly WorkerThread[] _threads;
    readonly ParameterClient _client;
    readonly SnapshotSchedule _schedule;
    readonly SnapshotPublisher _publisher;
    readonly ConcurrentQueue<Action> _notices = [];
    readonly Stopwatch _clock = new();
    TrainingState _state;

    LocalTrainingRun(PreparedJob job, ITrainingObserver observer, WorkerSession[] workers, ParameterClient client, TrainingState state)
    {
        _job = job;
        _options = job.Options;
        _observer = observer;
        _workers = workers;
        _client = client;
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
        var workers = new List<WorkerSession>();
        try
        {
            byte[] ticket = job.Ticket.ToBytes();
            for (int rank = 0; rank < job.Options.WorkerCount; rank++) workers.Add(new WorkerSession(JobTicket.FromBytes(ticket), rank));
            TrainingState state = job.Resumed?.State ?? new TrainingState
            {
                RunId = Guid.NewGuid(),
                NextSteps = new long[job.Options.WorkerCount],
            };
            if (job.Resumed is not null) state = state with { Generation = state.Generation + 1 };
            StoreLayout layout = job.Layout with { RunId = state.RunId, Generation = state.Generation };
            ParameterClient client = ParameterClient.CreateLocal(layout, job.Options.ServerCount);
            await using var run = new LocalTrainingRun(job, observer, [.. workers], client, state);
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
        await _client.DisposeAsync();
    }

    async Task<TrainingSummary> TrainAsync(CancellationToken interrupt)
    {
        await InitializeAsync();
        Report(_job.Describe(_state));
        TrainingOutcome outcome = TrainingOutcome.Failed;
        string? failure = null;
        try
        {
            using CancellationTokenRegistration registration = interrupt.Register(_schedule.RequestStop);
            _clock.Start();
            outcome = await TrainEpochsAsync(interrupt);
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
            while (!_state.Finished && _state.Epoch < _options.TrainingEpochs)
            {
                if (!await TrainEpochAsync(interrupt)) return TrainingOutcome.Interrupted;
                await EndEpochAsync();
                if (interrupt.IsCancellationRequested && !_state.Finished) return TrainingOutcome.Interrupted;
            }
        }
        finally
        {
            await OnWorkersAsync(worker => worker.Stop());
        }

        return _state.Epoch < _options.TrainingEpochs ? TrainingOutcome.StoppedEarly : TrainingOutcome.Completed;
    }

    async Task<bool> TrainEpochAsync(CancellationToken interrupt)
    {
        int epoch = _state.Epoch;
        if (_state.WorkerStates.Count == 0)
            foreach (WorkerSession worker in _workers) worker.Progress.BeginEpoch();
        await _client.BeginEpochAsync(epoch, _state.NextSteps, CancellationToken.None);
        _schedule.BeginEpoch(_state.NextSteps);
        if (interrupt.IsCancellationRequested)
        {
            if (_options.Checkpoint is null) return false;
            _schedule.RequestStop();
        }

        using CancellationTokenSource stop = _options.Checkpoint is null
            ? CancellationTokenSource.CreateLinkedTokenSource(interrupt)
            : new CancellationTokenSource();
        using IPartitionedPass pass = _job.Training.Open(_job.ReadPlan(epoch), _state.NextSteps, stop.Token);
        Task<bool>[] epochs = [.. _workers.Select((worker, rank) => _threads[rank].RunAsync(
            () => worker.TrainEpoch(_client, pass.Partition(rank), epoch, _state.NextSteps[rank], _schedule, stop.Token)))];
        bool[] ended;
        try
        {
            ended = await WhenAllAsync(epochs, stop);
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested && _options.Checkpoint is null)
        {
            return false;
        }

        await _publisher.CompleteAsync();
        return ended.All(reached => reached);
    }

    // Reports progress while the workers run; the first failure stops all of them and is thrown.
    async Task<bool[]> WhenAllAsync(Task<bool>[] epochs, CancellationTokenSource stop)
    {
        Exception? first = null;
        Task<bool[]> all = Task.WhenAll(epochs);
        var meter = new ProgressMeter(_workers, _options.MetricUpdateInterval);
        var pending = new List<Task>(epochs);
        while (pending.Count > 0)
        {
            Task done = await Task.WhenAny(Task.WhenAny(pending), Task.Delay(meter.Interval), _publisher.Failure);
            if (done == _publisher.Failure) first ??= _publisher.Failure.Exception?.GetBaseException();
            foreach (Task ended in pending.Where(task => task.IsCompleted).ToList())
            {
                pending.Remove(ended);
                if (ended.IsFaulted) first ??= ended.Exception.GetBaseException();
            }

            first ??= Observe(meter);
            if (first is not null) await stop.CancelAsync();
        }

        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        return await all;
    }

    // What an observer throws ends the run like any other failure: the workers are stopped and waited for first.
    Exception? Observe(ProgressMeter meter)
    {
        try
        {
            DrainNotices();
            if (meter.Next(_state, _clock.Elapsed) is { } progress) _observer.OnProgress(progress);
            return null;
        }
#pragma warning disable CA1031 // The caller throws it when the workers have ended.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error;
        }
    }

    async Task EndEpochAsync()
    {
        ModelMetric metric = MergedMetric();
        EvaluationResult train = Results.Of(metric);
        EvaluationResult? validation = _job.Validation is null ? null : await EvaluateAsync(_job.Validation, CancellationToken.None);
        int finished = _state.Epoch + 1;
        bool isBest = _options.EarlyStopping is { } early && validation is not null
            && (_state.BestValidation is null || Results.IsBetter(validation, _state.BestValidation, early.Metric));
        TrainingState next = _state with
        {
            Epoch = finished,
            NextSteps = new long[_workers.Length],
            WorkerStates = [],
            Rows = _state.Rows + metric.InstanceCount,
            Steps = _state.Steps + _workers.Sum(worker => worker.Progress.Steps),
            Seconds = _job.SecondsBefore + _clock.Elapsed.TotalSeconds,
            Train = train,
            Validation = validation,
            BestEpoch = isBest ? finished : _state.BestEpoch,
            BestValidation = isBest ? validation : _state.BestValidation,
            EpochsWithoutBetter = isBest || _options.EarlyStopping is null ? 0 : _state.EpochsWithoutBetter + 1,
        };
        _state = next with
        {
            Finished = finished >= _options.TrainingEpochs
                || (_options.EarlyStopping is { } stopping && next.EpochsWithoutBetter >= stopping.Patience),
        };
        if (isBest) await _publisher.SaveBestAsync(_state);
        if (await _publisher.SaveEpochAsync(_state) is { } path) Notice(path, finished - 1, 0);
        DrainNotices();
        _observer.OnEpochEnd(new EpochResult
        {
            Epoch = finished,
            Step = _state.Steps,
            Rows = _state.Rows,
            Elapsed = _clock.Elapsed,
            Train = train,
            Validation = validation,
            IsBest = isBest,
        });
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
            worker.Score(_client, pass.Partition(0), (_, predictions, labels) => metric.Accumulate(predictions, labels, double.NaN), cancellationToken);
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
