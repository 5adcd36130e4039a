using System.Collections.Concurrent;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>A thread that runs what is posted to it, in order; continuations of what it runs come back to it.</summary>
sealed class AgentThread : SynchronizationContext, IDisposable
{
    readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];
    readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    public AgentThread(string name)
    {
        _thread = new Thread(Loop) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs an asynchronous call on the thread.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(
            async _ =>
            {
                try
                {
                    result.SetResult(await call());
                }
                catch (OperationCanceledException e)
                {
                    result.SetCanceled(e.CancellationToken);
                }
#pragma warning disable CA1031 // Every failure belongs to the caller, on another thread.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    result.SetException(e);
                }
            },
            null);
        return result.Task;
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _queue.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // The job has ended; a late continuation of a cancelled call has nothing left to do.
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("an agent's thread is never waited for");

    /// <summary>Lets the thread finish what is queued, and end.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join(TimeSpan.FromSeconds(5));
    }

    void Loop()
    {
        SetSynchronizationContext(this);
        foreach ((SendOrPostCallback callback, object? state) in _queue.GetConsumingEnumerable()) callback(state);
        _queue.Dispose();
    }
}
