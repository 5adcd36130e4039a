using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// Trains one partition: takes prepared batches, exchanges with the store, computes with torch. Runs on one thread of its
/// own from the first call to the last (torch's scopes and thread counts belong to a thread).
/// </summary>
/// <param name="worker">The worker: network, rank, progress.</param>
/// <param name="step">Forward and loss.</param>
sealed class TrainingWorker(WorkerSession worker, StepRunner step) : IDisposable
{
    readonly SparseModel _model = worker.Model;
    readonly IParameterStore _store = worker.Store;
    readonly StepExchange _exchange = new();
    readonly NativeBuffer _stagedDense = new();
    BatchPreparer _batches = null!;
    IStepSchedule _schedule = null!;
    int _epoch;

    /// <summary>Trains an epoch from <paramref name="firstStep"/> on.</summary>
    /// <returns>Whether the partition's end was reached; false when the schedule stopped the worker.</returns>
    /// <exception cref="BadInputException">The loss of a batch is not a finite number.</exception>
    public bool TrainEpoch(
        BatchPreparer batches, int epoch, long firstStep, IStepSchedule schedule, CancellationToken cancellationToken)
    {
        torch.set_num_threads(worker.Ticket.TorchThreads);
        _batches = batches;
        _schedule = schedule;
        _epoch = epoch;
        if (batches.Take() is not { } first)
        {
            BeginExchange(null, firstStep);
            _exchange.EndOfPartition = true;
            Exchange(cancellationToken);
            return true;
        }

        BeginExchange(null, firstStep);
        AddPulls(first, staged: false);
        Exchange(cancellationToken);
        return worker.Ticket.PipelineDepth == 0
            ? TrainInTurn(first, cancellationToken)
            : TrainPipelined(first, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _stagedDense.Dispose();

    // Depth 0: compute t, then one exchange of {gradients of t, keys of t + 1}.
    bool TrainInTurn(PreparedBatch batch, CancellationToken cancellationToken)
    {
        while (true)
        {
            Compute(batch);
            PreparedBatch? next = _batches.Take();
            BeginExchange(batch, batch.Step);
            long snapshot = next is null ? EndPartition(batch) : Mark(batch, SnapshotAfter(batch));
            if (next is not null) AddPulls(next, staged: false);
            Exchange(cancellationToken);
            _batches.Return(batch);
            if (next is null) return true;
            if (_schedule.StopsAfter(snapshot)) return false;
            batch = next;
        }
    }

    // Depth 1: while t computes, {gradients of t − 1, keys of t + 1} travel. A snapshot drains: its exchange carries the
    // gradients of t − 1 with the marker and reads the rows of t again.
    bool TrainPipelined(PreparedBatch batch, CancellationToken cancellationToken)
    {
        PreparedBatch? previous = null;
        while (true)
        {
            PreparedBatch? next = _batches.Take();
            Task? transport = null;
            if (previous is not null || next is not null)
            {
                BeginExchange(previous, previous?.Step ?? batch.Step);
                if (next is not null) AddPulls(next, staged: true);
                transport = Task.Run(() => _store.ExchangeAsync(_exchange, cancellationToken).AsTask(), cancellationToken);
            }

            try
            {
                Compute(batch);
            }
            finally
            {
                transport?.GetAwaiter().GetResult();
            }

            if (previous is not null) _batches.Return(previous);
            previous = batch;
            if (next is null) return FinishPipelined(batch, cancellationToken);
            CopyStagedDense();
            long snapshot = SnapshotAfter(batch);
            if (snapshot > 0)
            {
                BeginExchange(batch, batch.Step);
                Mark(batch, snapshot);
                AddPulls(next, staged: false);
                Exchange(cancellationToken);
                _batches.Return(batch);
                previous = null;
                if (_schedule.StopsAfter(snapshot)) return false;
            }

            batch = next;
        }
    }

    bool FinishPipelined(PreparedBatch last, CancellationToken cancellationToken)
    {
        BeginExchange(last, last.Step);
        EndPartition(last);
        Exchange(cancellationToken);
        _batches.Return(last);
        return true;
    }

    void Compute(PreparedBatch batch)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        ulong seed = CounterRandom.Combine(
            CounterRandom.Combine(CounterRandom.Combine(worker.Ticket.Seed, (ulong)_epoch), (ulong)worker.Rank), (ulong)batch.Step);
        (Tensor predictions, Tensor? loss) = step.Run(batch, training: true, seed);
        float value = loss!.item<float>();
        if (!float.IsFinite(value)) throw NotFinite(value, batch);
        loss.backward();
        StepExchangeBuilder.CollectGradients(_model, batch);
        batch.DenseGradients = _model.TakeGradients();
        worker.Progress.Add(StepRunner.Values(predictions), batch.Labels.AsSpan<float>(), value);
    }

    BadInputException NotFinite(float value, PreparedBatch batch) => new(
        $"The loss is {value} at epoch {_epoch + 1}, step {batch.Step + 1} of worker {worker.Rank} " +
        $"({batch.BatchSize} rows); expected a finite number. Nothing of this step was applied. " +
        "Lower the learning rate, or look for extreme values in dense columns and labels.");

    void BeginExchange(PreparedBatch? pushed, long step)
    {
        _exchange.Clear();
        StoreLayout layout = _store.Layout;
        _exchange.Step = new StepKey(layout.RunId, layout.Generation, _epoch, worker.Rank, pushed is null ? -1 : step);
        if (pushed is null) return;
        _exchange.Fingerprint = pushed.Fingerprint;
        _exchange.RowCount = pushed.BatchSize;
        StepExchangeBuilder.AddSparsePushes(_model, _exchange, pushed);
        pushed.DenseGradients?.AddPushes(_exchange);
    }

    void AddPulls(PreparedBatch batch, bool staged)
    {
        StepExchangeBuilder.AddSparsePulls(_model, _exchange, batch, training: true);
        if (!staged)
        {
            _model.AddDensePulls(_exchange);
            return;
        }

        NativeBlock all = _stagedDense.Reserve<byte>(_model.DenseByteLength);
        _model.AddDensePulls(_exchange, all);
    }

    void CopyStagedDense() => _model.LoadDense(_stagedDense.Reserve<byte>(_model.DenseByteLength));

    long SnapshotAfter(PreparedBatch batch) => _schedule.SnapshotBefore(worker.Rank, _epoch, batch.Step + 1);

    long Mark(PreparedBatch batch, long snapshot)
    {
        if (snapshot > 0) _schedule.Report(snapshot, worker.Rank, batch.Step + 1, worker.Progress.Save());
        _exchange.SnapshotId = snapshot;
        return snapshot;
    }

    long EndPartition(PreparedBatch batch)
    {
        _exchange.EndOfPartition = true;
        _schedule.Report(0, worker.Rank, batch.Step + 1, worker.Progress.Save());
        return 0;
    }

    void Exchange(CancellationToken cancellationToken)
    {
        ValueTask exchange = _store.ExchangeAsync(_exchange, cancellationToken);
        if (!exchange.IsCompletedSuccessfully) exchange.AsTask().GetAwaiter().GetResult();
    }
}
