namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>
/// Calls that wait for a condition over state that one lock guards. Conditions are evaluated under the lock whenever the
/// owner wakes the list; there are at most a few waiters for each worker.
/// </summary>
/// <param name="gate">The owner's lock.</param>
/// <param name="timeout">The longest wait.</param>
/// <param name="timeProvider">The clock of the timeout.</param>
sealed class WaitList(Lock gate, TimeSpan timeout, TimeProvider timeProvider)
{
    readonly List<Waiter> _waiters = [];

    /// <summary>Waits until <paramref name="isReady"/> holds; completes at once when it holds already.</summary>
    /// <param name="isReady">The condition; it may take what it waits for: its first true is its last call.</param>
    /// <param name="describe">What is waited for; called under the lock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">It did not in time; the message is <paramref name="describe"/>'s.</exception>
    public ValueTask WaitAsync(Func<bool> isReady, Func<string> describe, CancellationToken cancellationToken) =>
        Add(isReady, survivesFaults: false) is { } waiter ? new ValueTask(AwaitAsync(waiter, describe, cancellationToken)) : default;

    /// <summary>Waits without a limit, through faults, until <paramref name="isReady"/> holds.</summary>
    public Task WaitThroughFaultsAsync(Func<bool> isReady) => Add(isReady, survivesFaults: true)?.Task ?? Task.CompletedTask;

    /// <summary>Releases the waiters whose condition holds; with a fault, all of them with it. The caller holds the lock.</summary>
    public void Wake(Exception? fault = null)
    {
        for (int i = _waiters.Count - 1; i >= 0; i--)
        {
            Waiter waiter = _waiters[i];
            if (fault is not null && !waiter.SurvivesFaults) waiter.TrySetException(fault);
            else if (!waiter.IsReady()) continue;
            else waiter.TrySetResult();
            _waiters.RemoveAt(i);
        }
    }

    Waiter? Add(Func<bool> isReady, bool survivesFaults)
    {
        lock (gate)
        {
            if (isReady()) return null;
            Waiter waiter = new(isReady, survivesFaults);
            _waiters.Add(waiter);
            return waiter;
        }
    }

    async Task AwaitAsync(Waiter waiter, Func<string> describe, CancellationToken cancellationToken)
    {
        using ITimer timer = timeProvider.CreateTimer(
            _ => GiveUp(waiter, () => new TimeoutException($"{describe()}; gave up after {timeout.TotalSeconds:0.###} s")),
            null, timeout, Timeout.InfiniteTimeSpan);
        using CancellationTokenRegistration registration =
            cancellationToken.Register(() => GiveUp(waiter, () => new OperationCanceledException(cancellationToken)));
        await waiter.Task;
    }

    // Under the lock, so that a waiter whose condition was found true is never told otherwise.
    void GiveUp(Waiter waiter, Func<Exception> why)
    {
        lock (gate)
        {
            if (_waiters.Remove(waiter)) waiter.TrySetException(why());
        }
    }

    sealed class Waiter(Func<bool> isReady, bool survivesFaults)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Func<bool> IsReady { get; } = isReady;

        public bool SurvivesFaults { get; } = survivesFaults;
    }
}
