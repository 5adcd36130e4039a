using System.Collections.Concurrent;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// A thread that lives as long as a worker: torch keeps thread counts, teams and scopes by thread, so a worker's work never
/// moves to another. Work runs in the order in which it was given.
/// </summary>
sealed class WorkerThread : IDisposable
{
    readonly BlockingCollection<Action> _work = [];
    readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    public WorkerThread(string name)
    {
        _thread = new Thread(() =>
        {
            foreach (Action action in _work.GetConsumingEnumerable()) action();
        })
        { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="function"/> on the thread; the task has its result or its exception.</summary>
    public Task<T> RunAsync<T>(Func<T> function)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                result.SetResult(function());
            }
            catch (OperationCanceledException canceled)
            {
                result.SetCanceled(canceled.CancellationToken);
            }
#pragma warning disable CA1031 // The task carries whatever the function threw.
            catch (Exception error)
#pragma warning restore CA1031
            {
                result.SetException(error);
            }
        });
        return result.Task;
    }

    /// <summary>Runs <paramref name="action"/> on the thread.</summary>
    public Task RunAsync(Action action) => RunAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Ends the thread after the work that it was given.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }
}
