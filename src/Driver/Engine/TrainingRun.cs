using System.Collections.Concurrent;
using System.Diagnostics;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// Trains one job on an engine: epochs, validation, early stopping, snapshots, and the final
/// model. One use.
/// </summary>
sealed partial class TrainingRun : IAsyncDisposable
{
    readonly PreparedJob _job;
    readonly TrainingOptions _options;
    readonly ITrainingObserver _observer;
    readonly IRunEngine _engine;
    readonly ParameterClient _client;
    readonly IWorkerGroup _workers;
    readonly SnapshotPublisher _publisher;
    readonly ConcurrentQueue<Action> _notices;
    readonly Stopwatch _clock = new();
    TrainingState _state;

    TrainingRun(PreparedJob job, ITrainingObserver observer, ConcurrentQueue<Action> notices, IRunEngine engine, TrainingState state)
    {
        _job = job;
        _options = job.Options;
        _observer = observer;
        _notices = notices;
        _engine = engine;
        _client = engine.Client;
        _workers = engine.Workers;
        _state = state;
        _publisher = new SnapshotPublisher(job, _client);
        _workers.SnapshotBegins = BeginSnapshot;
    }

    /// <summary>Trains the job from its beginning, from an input model, or from its last snapshot.</summary>
    /// <param name="job">The job, checked.</param>
    /// <param name="start">Starts shards and workers; gets what the shards hold and who takes log lines.</param>
    /// <param name="observer">Watches.</param>
    /// <param name="canBeContinued">Whether the loss of a process is not the end: the observer is not told of it.</param>
    /// <param name="interrupt">Asks for a snapshot and an end.</param>
    /// <returns>What was reached; the model is in the job's output folder unless the run was interrupted.</returns>
    public static async Task<TrainingSummary> RunAsync(
        PreparedJob job,
        Func<StoreLayout, ILogger, Task<IRunEngine>> start,
        ITrainingObserver observer,
        bool canBeContinued,
        CancellationToken interrupt)
    {
        TrainingState state = job.Resumed is { } resumed
            ? resumed.State with { Generation = resumed.State.Generation + 1, Finished = resumed.State.IsFinished(job.Options) }
            : new TrainingState { RunId = Guid.NewGuid(), NextSteps = new long[job.Options.WorkerCount], Finished = job.Options.TrainingEpochs == 0 };
        SnapshotPublisher.Prepare(job);
        ConcurrentQueue<Action> notices = [];
        StoreLayout layout = job.Layout with { RunId = state.RunId, Generation = state.Generation };
        await using IRunEngine engine = await start(layout, new ObserverLogger(message => notices.Enqueue(() => observer.OnMessage(message))));
        await using var run = new TrainingRun(job, observer, notices, engine, state);
        return await run.TrainAsync(canBeContinued, interrupt);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    async Task<TrainingSummary> TrainAsync(bool canBeContinued, CancellationToken interrupt)
    {
        bool isReported = false;
        try
        {
            await InitializeAsync();
            Report(_job.Describe(_state));
            isReported = true;
            TrainingOutcome outcome = await TrainToEndAsync(interrupt);
            EvaluationResult? test = outcome == TrainingOutcome.Interrupted ? null : await EvaluateAsync(RowsRole.Test);
            TrainingSummary summary = Summarize(outcome, null, test);
            _observer.OnEnd(summary);
            return summary;
        }
        catch (Exception error)
        {
            Exception cause = await _engine.ExplainAsync(error);
            if (isReported && (cause is not ProcessLostException || !canBeContinued)) await EndWithAsync(cause.Message);
            if (cause == error) throw;
            throw cause;
        }
    }

    async Task EndWithAsync(string failure)
    {
        await _publisher.StopAsync();
        if (_publisher.LastPath is { } path)
        {
            _observer.OnMessage(new TrainingMessage(
                LogLevel.Warning,
                $"The last checkpoint is intact: '{path}'. Resume from it once the cause is removed, or name it as input.model (ModelInPath) to go on with other options or data."));
        }

        _observer.OnEnd(Summarize(TrainingOutcome.Failed, failure, test: null));
    }

    async Task<TrainingOutcome> TrainToEndAsync(CancellationToken interrupt)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt, _engine.Stopping);
        await using CancellationTokenRegistration registration = stop.Token.Register(_workers.RequestStop);
        _clock.Start();
        TrainingOutcome outcome = await TrainEpochsAsync(stop.Token);
        if (outcome != TrainingOutcome.Interrupted) await FinishAsync();
        DrainNotices();
        return outcome;
    }

    async Task InitializeAsync()
    {
        if (_job.Resumed is { } resumed) await resumed.Checkpoint.LoadAsync(_client, new CheckpointLoadOptions(), CancellationToken.None);
        else await BeginAsync();
        for (int rank = 0; rank < _state.WorkerStates.Count; rank++) _workers.Progress[rank].Load(_state.WorkerStates[rank]);
    }

    async Task BeginAsync()
    {
        if (_job.Input is { } input) await input.LoadAsync(_client, _options.LoadsState);
        else
        {
            IReadOnlyList<byte[]> dense = _engine.InitialDense();
            for (int tensor = 0; tensor < dense.Count; tensor++)
                await _client.WriteDenseAsync(new DenseSlice(tensor, dense[tensor], null), CancellationToken.None);
        }

        foreach (TableImport rows in _job.Imports) await rows.RunAsync(_client, CancellationToken.None);
    }

    async Task<TrainingOutcome> TrainEpochsAsync(CancellationToken interrupt)
    {
        await _workers.StartAsync();
        try
        {
            return await _engine.RunAsync(() => TrainEpochsLeftAsync(interrupt));
        }
        finally
        {
            await _workers.StopAsync();
        }
    }

    async Task<TrainingOutcome> TrainEpochsLeftAsync(CancellationToken interrupt)
    {
        while (!_state.Finished)
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

    async Task<EvaluationResult?> EvaluateAsync(RowsRole rows) =>
        _job.TryRows(rows) is null ? null : Results.Of(await _workers.ScoreAsync(rows, CancellationToken.None));

    void BeginSnapshot(long snapshotId) => _publisher.Begin(snapshotId, _state.Steps + SnapshotNumber.StepOf(snapshotId), async () =>
    {
        IReadOnlyList<byte[]> states = await _workers.StatesOfAsync(snapshotId);
        return _state with { WorkerStates = states, Seconds = _job.SecondsBefore + _clock.Elapsed.TotalSeconds };
    }, path => Notice(path, SnapshotNumber.EpochOf(snapshotId), SnapshotNumber.StepOf(snapshotId)));

    void Notice(string path, int epoch, long step)
    {
        var notice = new CheckpointNotice(path, epoch + 1, _state.Steps + (step * _options.WorkerCount), _clock.Elapsed);
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

    TrainingSummary Summarize(TrainingOutcome outcome, string? failure, EvaluationResult? test)
    {
        long rows = _state.Rows + (outcome is TrainingOutcome.Interrupted or TrainingOutcome.Failed ? _workers.Progress.Sum(worker => worker.Rows) : 0);
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
