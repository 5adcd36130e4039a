using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Steps;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// One shard of the parameter store: its keys of every table, its rows of every dense tensor, and the ledger of applied
/// steps. Thread-safe; exchanges of different partitions run at the same time. Blocks of a request are borrowed until its
/// task completes, also when it fails.
/// </summary>
public sealed class Shard : IDisposable
{
    readonly StepLedger _ledger;
    readonly EmbeddingTable[] _tables;
    readonly DensePart[] _dense;
    readonly GradientCombiner _combiner;
    readonly ExchangeCheck _check;
    readonly List<SparsePush> _combinedSparse = [];
    readonly List<DensePush> _combinedDense = [];
    readonly SemaphoreSlim _captureTurn = new(1, 1);
    readonly CancellationTokenSource _disposing = new();
    bool _isFreed;
    (long Id, ShardSnapshot Snapshot)? _lastCapture;

    /// <summary>Creates empty tables and zero dense tensors; partitions are closed until <see cref="BeginEpoch"/>.</summary>
    /// <param name="layout">What the shards of the run hold.</param>
    /// <param name="number">This shard, in [0, <paramref name="shardCount"/>).</param>
    /// <param name="shardCount">Number of shards (S).</param>
    /// <param name="options">Limits.</param>
    public Shard(StoreLayout layout, int number, int shardCount, ShardOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, shardCount);
        Layout = layout;
        Number = number;
        ShardCount = shardCount;
        MemoryBudget budget = new(options.MaxTableBytes);
        int parts = layout.WorkerCount == 1 ? 1 : 16;
        _ledger = new StepLedger(layout, options.WaitTimeout, options.TimeProvider);
        _tables = [.. layout.Tables.Select(t => new EmbeddingTable(t, layout.Seed, parts, budget))];
        _dense = [.. layout.DenseTensors.Select(t => new DensePart(t, number, shardCount))];
        _combiner = new GradientCombiner(layout);
        _check = new ExchangeCheck(layout, Array.ConvertAll(_dense, d => d.WeightBytes));
    }

    /// <summary>What the shards of the run hold.</summary>
    public StoreLayout Layout { get; }

    /// <summary>This shard's number.</summary>
    public int Number { get; }

    /// <summary>Number of shards (S).</summary>
    public int ShardCount { get; }

    /// <summary>This shard's tables, by index in the layout.</summary>
    internal IReadOnlyList<EmbeddingTable> Tables => _tables;

    /// <summary>Updates applied since training began; set when a checkpoint's states are loaded.</summary>
    internal long AppliedSteps
    {
        get => _ledger.AppliedSteps;
        set => _ledger.AppliedSteps = value;
    }

    /// <summary>Begins an epoch: all partitions are open at <paramref name="firstSteps"/>, (W).</summary>
    public void BeginEpoch(int epoch, IReadOnlyList<long> firstSteps) => _ledger.BeginEpoch(epoch, firstSteps);

    /// <summary>Steps by which a partition is ahead of the slowest open one.</summary>
    public long LeadOf(int partition) => _ledger.LeadOf(partition);

    /// <summary>Asks all workers to mark and stop together at <see cref="StopStep"/>.</summary>
    public void RequestStop() => _ledger.RequestStop();

    /// <summary>The step before which all workers are to mark and stop; −1: none.</summary>
    public long StopStep => _ledger.StopStep;

    /// <summary>Applies the pushes once, then fills the pulls; see <see cref="IParameterStore.ExchangeAsync"/>.</summary>
    /// <remarks>
    /// In <see cref="TrainingMode.Async"/> it runs on the caller's thread and completes at once. An exchange with step −1
    /// that is neither a marker nor an end only pulls and waits for nobody.
    /// </remarks>
    /// <exception cref="FencedException">Another run or a newer attempt owns the shard.</exception>
    /// <exception cref="InvalidOperationException">The shard is of an earlier attempt, in another epoch, or expects another step.</exception>
    /// <exception cref="Model.Errors.BadInputException">The step was applied with other content.</exception>
    /// <exception cref="TimeoutException">Other workers did not come in time; the message names them.</exception>
    public ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        _check.Check(exchange);
        _ledger.CheckSender(exchange.Step);
        if (exchange.Step.Step >= 0 || exchange.EndOfPartition || exchange.SnapshotId > 0)
            return TakeTurnAsync(exchange, cancellationToken);
        Pull(exchange);
        return default;
    }

    /// <summary>Overwrites weights (and states, when given) of this shard's rows of a dense tensor.</summary>
    public void WriteDense(DenseSlice slice)
    {
        DensePart part = _dense[slice.Tensor];
        ExchangeCheck.Length(slice.Values.Length, part.WeightBytes, Layout.DenseTensors[slice.Tensor].Name, "weights");
        if (slice.States is { } states)
            ExchangeCheck.Length(states.Length, part.StateBytes, Layout.DenseTensors[slice.Tensor].Name, "states");
        part.Write(slice.Values, slice.States);
    }

    /// <summary>Reads weights and states of this shard's rows of a dense tensor.</summary>
    public DenseSlice ReadDense(int tensor)
    {
        (byte[] values, byte[]? states) = _dense[tensor].Read();
        return new DenseSlice(tensor, values, states);
    }

    /// <summary>Overwrites the weights of rows and resets their age; states are kept, missing rows are created.</summary>
    public void WriteRows(SparsePush values)
    {
        _check.Rows(values.Table, values.Keys, values.Gradients, "values");
        _tables[values.Table].Write(values.Keys, values.Gradients);
    }

    /// <summary>Drops rows: by age (after ageing every row by one), by magnitude, or all.</summary>
    /// <returns>Rows dropped.</returns>
    public long Prune(PruneRequest request) =>
        request.Table >= 0 ? _tables[request.Table].Prune(request) : _tables.Sum(t => t.Prune(request));

    /// <summary>Rows, bytes and applied steps.</summary>
    public ShardStatistics GetStatistics() => new([.. _tables.Select(t => t.Statistics)], _ledger.AppliedSteps);

    /// <summary>
    /// Captures tables, tensors and steps at one moment: with a snapshot id, when the markers of all open partitions have come,
    /// whose streams are held back until it is captured (also when that fails); without, at once. What was captured is written
    /// while steps go on. One capture at a time, and each snapshot once: a repetition waits for the first call and returns
    /// what it returned.
    /// </summary>
    /// <param name="request">The snapshot that markers name, and which changes are captured and remembered.</param>
    /// <param name="write">Writes the captured tables.</param>
    /// <param name="cancellationToken">Ends waiting and writing.</param>
    /// <exception cref="InvalidOperationException">The snapshot was captured before a newer one, or could not be written.</exception>
    internal async ValueTask<ShardSnapshot> CaptureAsync(
        SnapshotRequest request,
        Func<IReadOnlyList<TableCapture>, CancellationToken, ValueTask<IReadOnlyList<CheckpointFile>>> write,
        CancellationToken cancellationToken)
    {
        long snapshotId = request.SnapshotId;
        await _captureTurn.WaitAsync(cancellationToken);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        List<TableCapture> tables = [];
        try
        {
            ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
            if (snapshotId > 0)
            {
                if (_lastCapture is { } last && last.Id == snapshotId) return last.Snapshot;
                if (_ledger.CapturedSnapshot is var newest && snapshotId <= newest)
                    throw new InvalidOperationException($"snapshot {snapshotId} is over: it was captured before snapshot {newest}, or failed");
                await _ledger.WaitForMarkersAsync(snapshotId, stop.Token);
            }

            ShardSnapshot moment;
            try
            {
                // A snapshot under training makes haste; what is saved at rest can be compared byte for byte.
                RowOrder order = snapshotId > 0 ? RowOrder.Memory : RowOrder.Keys;
                foreach (EmbeddingTable table in _tables) tables.Add(new TableCapture(table, order, request.Mark, request.Since));
                (int epoch, long[] nextSteps, bool[] ended) = _ledger.Read();
                DenseSlice[] dense = [.. Enumerable.Range(0, _dense.Length).Select(ReadDense)];
                moment = new ShardSnapshot([], dense, epoch, nextSteps, ended, _ledger.AppliedSteps);
            }
            finally
            {
                if (snapshotId > 0) _ledger.Release(snapshotId);
            }

            moment = moment with { Files = await write(tables, stop.Token) };
            if (snapshotId > 0) _lastCapture = (snapshotId, moment);
            return moment;
        }
        finally
        {
            foreach (TableCapture table in tables) table.Dispose();
            _captureTurn.Release();
            FreeWhenDisposed();
        }
    }

    /// <summary>Ends a capture under way; the memory is freed when it has ended, without one at once.</summary>
    public void Dispose()
    {
        _disposing.Cancel();
        FreeWhenDisposed();
    }

    void FreeWhenDisposed()
    {
        if (!_disposing.IsCancellationRequested || !_captureTurn.Wait(0)) return;
        if (!_isFreed)
        {
            foreach (EmbeddingTable table in _tables) table.Dispose();
            foreach (DensePart part in _dense) part.Dispose();
            _combiner.Dispose();
            _isFreed = true;
        }

        _captureTurn.Release();
    }

    async ValueTask TakeTurnAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        int partition = exchange.Step.Partition;
        await _ledger.TakeTurnAsync(partition, cancellationToken);
        try
        {
            if (_ledger.Admit(exchange)) await ApplyAsync(exchange, cancellationToken);
            if (exchange.EndOfPartition)
            {
                _ledger.End(partition);
                ApplyCombined();
                return;
            }

            if (exchange.SnapshotId > 0) await _ledger.HoldAsync(partition, exchange.SnapshotId, cancellationToken);
            bool pulls = exchange.SparsePulls.Count > 0 || exchange.DensePulls.Count > 0;
            if (pulls) await _ledger.WaitForSlowestAsync(exchange.Step, exchange.Step.Step + 1, cancellationToken);
            Pull(exchange);
        }
        finally
        {
            _ledger.ReleaseTurn(partition);
        }
    }

    async ValueTask ApplyAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        if (Layout.Mode == TrainingMode.Sync)
        {
            _ledger.Arrive(exchange);
            ApplyCombined();
            await _ledger.WaitForCombinedAsync(exchange, cancellationToken);
            return;
        }

        await _ledger.WaitForSlowestAsync(exchange.Step, exchange.Step.Step, cancellationToken);
        try
        {
            Push(exchange.SparsePushes, exchange.DensePushes);
        }
        catch (Exception fault)
        {
            _ledger.Fail(fault);
            throw;
        }

        _ledger.Complete(exchange);
    }

    void ApplyCombined()
    {
        if (Layout.Mode != TrainingMode.Sync || _ledger.TryTakeCombined() is not { } step) return;
        Exception? fault = null;
        try
        {
            _combiner.Combine(step, _combinedSparse, _combinedDense);
            Push(_combinedSparse, _combinedDense);
        }
        catch (Exception caught)
        {
            fault = caught;
            throw;
        }
        finally
        {
            _ledger.CompleteCombined(step, fault);
        }
    }

    void Push(List<SparsePush> sparse, List<DensePush> dense)
    {
        UpdateStep step = new(_ledger.CountUpdate());
        foreach (SparsePush push in sparse) _tables[push.Table].Push(push.Keys, push.Gradients, step);
        foreach (DensePush push in dense) _dense[push.Tensor].Push(push.Gradient, step);
    }

    void Pull(StepExchange exchange)
    {
        foreach (SparsePull pull in exchange.SparsePulls) _tables[pull.Table].Pull(pull.Keys, pull.Rows, pull.ReadOnly, pull.NanFill);
        foreach (DensePull pull in exchange.DensePulls) _dense[pull.Tensor].Pull(pull.Values);
    }
}
