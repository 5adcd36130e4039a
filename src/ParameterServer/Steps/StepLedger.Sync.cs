using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>Steps that all workers make together.</summary>
sealed partial class StepLedger
{
    /// <summary>Registers a push in Sync mode.</summary>
    /// <exception cref="InvalidOperationException">The waiting workers are at another step.</exception>
    public void Arrive(StepExchange exchange)
    {
        lock (_gate)
        {
            PartitionState? other = Array.Find(_partitions, p => p.Pending is not null);
            if (other is not null && other.Pending!.Step.Step != exchange.Step.Step)
            {
                throw new InvalidOperationException(
                    $"sync: partition {exchange.Step.Partition} pushes step {exchange.Step.Step} while partition " +
                    $"{other.Pending.Step.Partition} waits at step {other.Pending.Step.Step}");
            }

            _partitions[exchange.Step.Partition].Pending = exchange;
        }
    }

    /// <summary>
    /// When every open partition has arrived, hands the step to the caller, who applies it and calls
    /// <see cref="CompleteCombined"/>; else null.
    /// </summary>
    public StepExchange[]? TryTakeCombined()
    {
        lock (_gate)
        {
            if (_isCombining || _fault is not null || Missing() is not null) return null;
            StepExchange[] step = [.. from p in _partitions where p.Pending is not null select p.Pending];
            if (step.Length == 0) return null;
            _isCombining = true;
            return step;
        }
    }

    /// <summary>Records that the combined step is applied, or that it failed.</summary>
    public void CompleteCombined(StepExchange[] step, Exception? fault)
    {
        lock (_gate)
        {
            _isCombining = false;
            foreach (StepExchange exchange in step)
            {
                PartitionState state = _partitions[exchange.Step.Partition];
                state.Pending = null;
                if (fault is not null) continue;
                state.NextStep = exchange.Step.Step + 1;
                state.LastFingerprint = exchange.Fingerprint;
            }

            if (fault is not null) _fault ??= fault;
            _waits.Wake(fault is null ? null : Failed());
        }
    }

    /// <summary>Waits until the combined step that holds <paramref name="exchange"/> is applied.</summary>
    public async ValueTask WaitForCombinedAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        PartitionState state = _partitions[exchange.Step.Partition];
        try
        {
            await _waits.WaitAsync(
                () => state.Pending is null,
                () => $"partition {exchange.Step.Partition} at step {exchange.Step.Step} waits in sync mode for {Missing()}",
                cancellationToken);
        }
        catch
        {
            lock (_gate)
            {
                if (!_isCombining)
                {
                    state.Pending = null;
                    throw;
                }
            }

            // The step is being applied from the caller's memory: the caller must not go on before that has ended.
            await _waits.WaitThroughFaultsAsync(() => !_isCombining);
            throw;
        }
    }
}
