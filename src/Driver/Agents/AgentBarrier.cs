namespace MetaSpore.Spark.Driver.Agents;

/// <summary>A meeting point of a group, used again and again. Thread-safe.</summary>
/// <param name="group">Name of the group, for messages.</param>
/// <param name="members">Who must come.</param>
sealed class AgentBarrier(string group, IReadOnlyList<AgentAddress> members)
{
    readonly Lock _lock = new();
    HashSet<AgentAddress> _arrived = [];
    TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until all members wait.</summary>
    public async Task WaitAsync(AgentAddress member, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!members.Contains(member)) throw new InvalidOperationException($"{member} is no member of the barrier of {group}");
        TaskCompletionSource open;
        lock (_lock)
        {
            if (!_arrived.Add(member)) throw new InvalidOperationException($"{member} waits twice at the barrier of {group}");
            open = _open;
            if (_arrived.Count == members.Count)
            {
                _arrived = [];
                _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                open.SetResult();
                return;
            }
        }

        try
        {
            await open.Task.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(DescribeMissing(member, timeout));
        }
    }

    string DescribeMissing(AgentAddress member, TimeSpan timeout)
    {
        lock (_lock)
        {
            AgentAddress[] missing = [.. members.Where(m => !_arrived.Contains(m))];
            return $"{member} waited {timeout.TotalSeconds:0.###} s at the barrier of {group}; "
                + $"{members.Count - missing.Length} of {members.Count} came, missing: {string.Join(", ", missing)}";
        }
    }
}
