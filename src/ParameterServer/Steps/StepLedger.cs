using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>
/// Which steps of which partition a shard has applied, and who waits for whom: the rules of exactly-once steps, of
/// generations, of staleness and of aligned snapshots. Thread-safe; it touches no parameter.
/// </summary>
sealed partial class StepLedger
{
    const long NoStop = -1;

    // A worker learns of a stop with the answer of its next exchange, and is then asked for the step after that one.
    const int StopDistance = 3;

    readonly Lock _gate = new();
    readonly StoreLayout _layout;
    readonly PartitionState[] _partitions;
    readonly WaitList _waits;
    int _epoch;
    long[]? _firstSteps;
    long _appliedSteps;
    long _capturedSnapshot;
    bool _isCombining;
    long _stopStep = NoStop;
    Exception? _fault;

    /// <summary>Creates the ledger; every partition is closed until <see cref="BeginEpoch"/>.</summary>
    public StepLedger(StoreLayout layout, TimeSpan waitTimeout, TimeProvider timeProvider)
    {
        _layout = layout;
        _waits = new WaitList(_gate, waitTimeout, timeProvider);
        _partitions = new PartitionState[layout.WorkerCount];
        for (int i = 0; i < _partitions.Length; i++) _partitions[i] = new PartitionState();
    }

    /// <summary>Updates applied since training began.</summary>
    public long AppliedSteps
    {
        get => Interlocked.Read(ref _appliedSteps);
        set => Interlocked.Exchange(ref _appliedSteps, value);
    }

    /// <summary>Counts one update and returns its number, from 1.</summary>
    public long CountUpdate() => Interlocked.Increment(ref _appliedSteps);

    /// <summary>The step before which all workers are to mark and stop; −1: none.</summary>
    public long StopStep => Volatile.Read(ref _stopStep);

    /// <summary>Sets <see cref="StopStep"/> to a step that no worker has passed when it learns of it.</summary>
    public void RequestStop()
    {
        lock (_gate)
        {
            if (_stopStep == NoStop) Volatile.Write(ref _stopStep, _partitions.Max(p => p.NextStep) + StopDistance);
        }
    }

    /// <summary>Steps by which a partition is ahead of the slowest open one; 0 for a partition that does not exist.</summary>
    public long LeadOf(int partition)
    {
        lock (_gate)
        {
            if ((uint)partition >= (uint)_partitions.Length) return 0;
            long slowest = _partitions[partition].NextStep;
            foreach (PartitionState other in _partitions)
                if (!other.IsEnded) slowest = Math.Min(slowest, other.NextStep);
            return _partitions[partition].NextStep - slowest;
        }
    }

    /// <summary>Waits until no other exchange of the partition is served: a retry follows the call that it repeats.</summary>
    public ValueTask TakeTurnAsync(int partition, CancellationToken cancellationToken)
    {
        PartitionState state = _partitions[partition];
        lock (_gate)
        {
            if (state.IsBusy) return WaitForTurnAsync(partition, state, cancellationToken);
            state.IsBusy = true;
            return default;
        }
    }

    /// <summary>Ends a turn.</summary>
    public void ReleaseTurn(int partition)
    {
        lock (_gate)
        {
            _partitions[partition].IsBusy = false;
            _waits.Wake();
        }
    }

    /// <summary>Opens all partitions at the given steps. An epoch begins once: a repetition of the same call does nothing.</summary>
    /// <exception cref="InvalidOperationException">The shard is in this epoch, at other steps, or in a later one.</exception>
    public void BeginEpoch(int epoch, IReadOnlyList<long> firstSteps)
    {
        if (firstSteps.Count != _partitions.Length)
            throw new ArgumentException($"{firstSteps.Count} first steps for {_partitions.Length} workers", nameof(firstSteps));
        lock (_gate)
        {
            if (_firstSteps is not null && epoch <= _epoch)
            {
                if (epoch == _epoch && firstSteps.SequenceEqual(_firstSteps)) return;
                throw new InvalidOperationException(
                    $"epoch {epoch} can't begin at steps {string.Join(", ", firstSteps)}: epoch {_epoch} has begun at steps {string.Join(", ", _firstSteps)}");
            }

            if (Array.Find(_partitions, p => p.Pending is not null) is not null)
                throw new InvalidOperationException($"epoch {epoch} begins while steps of epoch {_epoch} are still waiting");
            _epoch = epoch;
            _firstSteps = [.. firstSteps];
            Volatile.Write(ref _stopStep, NoStop);
            for (int i = 0; i < _partitions.Length; i++)
            {
                _partitions[i].NextStep = firstSteps[i];
                _partitions[i].LastFingerprint = null;
                _partitions[i].IsEnded = false;
                _partitions[i].HeldBy = 0;
            }

            _waits.Wake();
        }
    }

    /// <summary>Refuses other runs and other attempts: a shard serves the attempt that it was made for.</summary>
    /// <exception cref="FencedException">The sender does not own the shard (any more).</exception>
    /// <exception cref="InvalidOperationException">The shard is left over from an earlier attempt, or has stopped.</exception>
    public void CheckSender(in StepKey key)
    {
        lock (_gate)
        {
            if (_fault is not null) throw Failed();
        }

        Attempt.Check(_layout, key.RunId, key.Generation);
    }

    /// <summary>Decides whether an exchange's push is to be applied.</summary>
    /// <returns>False for the repetition of the step applied last, and for an end or a marker without a push.</returns>
    /// <exception cref="BadInputException">The step was applied with other content.</exception>
    /// <exception cref="InvalidOperationException">It is of another epoch, or the step is not the partition's next one.</exception>
    public bool Admit(StepExchange exchange)
    {
        StepKey key = exchange.Step;
        lock (_gate)
        {
            PartitionState state = _partitions[key.Partition];
            if (key.Epoch != _epoch)
            {
                string what = key.Step >= 0 ? "pushes a step" : exchange.EndOfPartition ? "sends its end" : "sends a marker";
                throw new InvalidOperationException($"partition {key.Partition} {what} of epoch {key.Epoch}, the shard is in epoch {_epoch}");
            }

            if (key.Step < 0) return false;
            if (key.Step == state.NextStep - 1 && state.LastFingerprint is { } fingerprint)
            {
                if (fingerprint == exchange.Fingerprint) return false;
                _fault = new BadInputException(
                    $"input is not deterministic: partition {key.Partition} step {key.Step} of epoch {key.Epoch} was pushed twice with " +
                    $"different content (fingerprint {fingerprint:x16}, then {exchange.Fingerprint:x16}); the same files, order and " +
                    "options must give the same rows when a partition is read again");
                _waits.Wake(_fault);
                throw _fault;
            }

            if (state.IsEnded || key.Step != state.NextStep)
            {
                throw new InvalidOperationException(
                    $"partition {key.Partition} pushes step {key.Step} of epoch {key.Epoch}, the shard expects " +
                    (state.IsEnded ? "none: the partition has ended" : $"step {state.NextStep}"));
            }

            return true;
        }
    }

    /// <summary>Records that a step is applied.</summary>
    public void Complete(StepExchange exchange)
    {
        lock (_gate)
        {
            PartitionState state = _partitions[exchange.Step.Partition];
            state.NextStep = exchange.Step.Step + 1;
            state.LastFingerprint = exchange.Fingerprint;
            _waits.Wake();
        }
    }

    /// <summary>Records that a partition has ended.</summary>
    public void End(int partition)
    {
        lock (_gate)
        {
            _partitions[partition].IsEnded = true;
            _waits.Wake();
        }
    }

    /// <summary>Makes every later and every waiting call fail: the shard's content can't be trusted any more.</summary>
    public void Fail(Exception fault)
    {
        lock (_gate)
        {
            _fault ??= fault;
            _waits.Wake(Failed());
        }
    }

    /// <summary>
    /// In <see cref="TrainingMode.BoundedStaleness"/>, waits until every open partition has applied at least
    /// <paramref name="step"/> − k steps, or the epoch is over.
    /// </summary>
    public ValueTask WaitForSlowestAsync(in StepKey key, long step, CancellationToken cancellationToken) =>
        _layout.Mode == TrainingMode.BoundedStaleness ? WaitForAppliedAsync(key, step, step - _layout.StalenessBound, cancellationToken) : default;

    /// <summary>Epoch, next steps and ended flags at one moment.</summary>
    public (int Epoch, long[] NextSteps, bool[] Ended) Read()
    {
        lock (_gate)
        {
            return (_epoch, Array.ConvertAll(_partitions, p => p.NextStep), Array.ConvertAll(_partitions, p => p.IsEnded));
        }
    }

    ValueTask WaitForTurnAsync(int partition, PartitionState state, CancellationToken cancellationToken) => _waits.WaitAsync(
        () => !state.IsBusy && (state.IsBusy = true),
        () => $"an exchange of partition {partition} waits for the one before it to end",
        cancellationToken);

    ValueTask WaitForAppliedAsync(StepKey key, long step, long least, CancellationToken cancellationToken) => _waits.WaitAsync(
        () => key.Epoch != _epoch || Behind(least) is null,
        () => $"partition {key.Partition} at step {step} waits for the workers that are more than {_layout.StalenessBound} steps behind: {Behind(least)}",
        cancellationToken);

    InvalidOperationException Failed() => new(
        $"the shard has stopped after an error: {_fault!.Message}; restart the run from its last snapshot", _fault);

    string? Behind(long least) => Name((_, p) => !p.IsEnded && p.NextStep < least);

    string? Missing() => Name((_, p) => !p.IsEnded && p.Pending is null);

    string? NotHeld(long snapshotId) => Name((_, p) => !p.IsEnded && p.HeldBy != snapshotId);

    string? Name(Func<int, PartitionState, bool> isMissing)
    {
        List<string>? names = null;
        for (int i = 0; i < _partitions.Length; i++)
        {
            if (isMissing(i, _partitions[i])) (names ??= []).Add($"{i} (next step {_partitions[i].NextStep})");
        }

        return names is null ? null : (names.Count == 1 ? "partition " : "partitions ") + string.Join(", ", names);
    }
}
