namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// What processes of a job tell each other through a shard: states of workers, barriers, messages of agents. Bounded in
/// number and bytes. Thread-safe.
/// </summary>
/// <param name="timeout">The longest wait at a barrier.</param>
/// <param name="timeProvider">The clock of the wait.</param>
sealed class JobHub(TimeSpan timeout, TimeProvider timeProvider)
{
    const int MaxEntries = 65536;
    const long MaxBytes = 256L << 20;

    readonly Lock _lock = new();
    readonly List<(int Partition, long Snapshot, byte[] State)> _reports = [];
    readonly Dictionary<string, (int Parties, int Entered, TaskCompletionSource Open)> _barriers = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<(string Sender, byte[] Content)>> _messages = new(StringComparer.Ordinal);
    long _bytes;
    int _entries;

    /// <summary>Keeps a worker's state until it is collected.</summary>
    public void Report(int partition, long snapshot, byte[] state)
    {
        lock (_lock)
        {
            Keep(state.Length);
            _reports.Add((partition, snapshot, state));
        }
    }

    /// <summary>Takes all reports, in the order in which they came.</summary>
    public IReadOnlyList<(int Partition, long Snapshot, byte[] State)> CollectReports()
    {
        lock (_lock)
        {
            (int, long, byte[])[] reports = [.. _reports];
            _reports.Clear();
            foreach ((_, _, byte[] state) in reports) Free(state.Length);
            return reports;
        }
    }

    /// <summary>Waits until <paramref name="parties"/> callers have entered the barrier; it can then be entered again.</summary>
    /// <exception cref="TimeoutException">They did not come in time.</exception>
    /// <exception cref="ArgumentException">Callers disagree on their number.</exception>
    public async Task EnterBarrierAsync(string name, int parties, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 1);
        Task open;
        lock (_lock)
        {
            if (!_barriers.TryGetValue(name, out var barrier))
                barrier = (parties, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (barrier.Parties != parties)
                throw new ArgumentException($"barrier '{name}' is entered for {parties} parties, others entered it for {barrier.Parties}", nameof(parties));
            barrier.Entered++;
            open = barrier.Open.Task;
            if (barrier.Entered == parties)
            {
                _barriers.Remove(name);
                barrier.Open.SetResult();
            }
            else
            {
                _barriers[name] = barrier;
            }
        }

        try
        {
            await open.WaitAsync(timeout, timeProvider, cancellationToken);
        }
        catch (Exception) when (!open.IsCompleted)
        {
            int entered = Leave(name, open);
            if (cancellationToken.IsCancellationRequested) throw;
            throw new TimeoutException($"barrier '{name}': {entered} of {parties} parties came within {timeout.TotalSeconds:0.###} s");
        }
    }

    /// <summary>Keeps a message for an agent.</summary>
    public void Send(string sender, string receiver, byte[] content)
    {
        lock (_lock)
        {
            Keep(content.Length);
            if (!_messages.TryGetValue(receiver, out var queue)) _messages[receiver] = queue = [];
            queue.Add((sender, content));
        }
    }

    /// <summary>Takes an agent's messages, in the order in which they came.</summary>
    public IReadOnlyList<(string Sender, byte[] Content)> Receive(string receiver)
    {
        lock (_lock)
        {
            if (!_messages.Remove(receiver, out var queue)) return [];
            foreach ((_, byte[] content) in queue) Free(content.Length);
            return queue;
        }
    }

    int Leave(string name, Task open)
    {
        lock (_lock)
        {
            if (!_barriers.TryGetValue(name, out var barrier) || barrier.Open.Task != open) return 0;
            int entered = barrier.Entered;
            barrier.Entered--;
            if (barrier.Entered == 0) _barriers.Remove(name);
            else _barriers[name] = barrier;
            return entered;
        }
    }

    void Keep(int length)
    {
        if (_entries >= MaxEntries || _bytes + length > MaxBytes)
        {
            throw new InvalidOperationException(
                $"the shard keeps {_entries} reports and messages of {_bytes} bytes that nobody has collected; the limits are {MaxEntries} and {MaxBytes}");
        }

        _entries++;
        _bytes += length;
    }

    void Free(int length)
    {
        _entries--;
        _bytes -= length;
    }
}
