using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <content>One epoch: the workers' part, and what follows it.</content>
sealed partial class TrainingRun
{
    async Task<bool> TrainEpochAsync(CancellationToken interrupt)
    {
        int epoch = _state.Epoch;
        if (_state.WorkerStates.Count == 0)
            foreach (WorkerProgress worker in _workers.Progress) worker.BeginEpoch();
        await _client.BeginEpochAsync(epoch, _state.NextSteps, CancellationToken.None);
        if (interrupt.IsCancellationRequested && _options.Checkpoint is null) return false;
        using CancellationTokenSource stop = _options.Checkpoint is null
            ? CancellationTokenSource.CreateLinkedTokenSource(interrupt)
            : new CancellationTokenSource();
        IReadOnlyList<Task<bool>> epochs = _workers.TrainEpoch(epoch, _state.NextSteps, stop.Token);
        if (interrupt.IsCancellationRequested) _workers.RequestStop();
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
    async Task<bool[]> WhenAllAsync(IReadOnlyList<Task<bool>> epochs, CancellationTokenSource stop)
    {
        Exception? first = null;
        Task<bool[]> all = Task.WhenAll(epochs);
        var meter = new ProgressMeter(_workers, _options.MetricUpdateInterval);
        var pending = new List<Task>(epochs);
        while (pending.Count > 0)
        {
            Task done = await Task.WhenAny(Task.WhenAny(pending), Task.Delay(meter.Interval), _publisher.Failure, _engine.Lost);
            if (done == _engine.Lost) first ??= _engine.Lost.Exception?.GetBaseException();
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
        ModelMetric metric = _workers.MergedMetric();
        EvaluationResult train = Results.Of(metric);
        EvaluationResult? validation = await EvaluateAsync(RowsRole.Validation);
        int finished = _state.Epoch + 1;
        bool isBest = _options.EarlyStopping is { } early && validation is not null
            && (_state.BestValidation is null || Results.IsBetter(validation, _state.BestValidation, early.Metric));
        TrainingState next = _state with
        {
            Epoch = finished,
            NextSteps = new long[_options.WorkerCount],
            WorkerStates = [],
            Rows = _state.Rows + metric.InstanceCount,
            Steps = _state.Steps + _workers.Progress.Sum(worker => worker.Steps),
            Seconds = _job.SecondsBefore + _clock.Elapsed.TotalSeconds,
            Train = train,
            Validation = validation,
            BestEpoch = isBest ? finished : _state.BestEpoch,
            BestValidation = isBest ? validation : _state.BestValidation,
            EpochsWithoutBetter = isBest || _options.EarlyStopping is null ? 0 : _state.EpochsWithoutBetter + 1,
        };
        _state = next with
        {
            Finished = next.IsFinished(_options),
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
}
