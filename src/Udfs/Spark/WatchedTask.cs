using System.Net.Sockets;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>A running task whose connection is watched, until it is disposed.</summary>
sealed class WatchedTask : IDisposable
{
    readonly TaskWatcher _watcher;

    // Never disposed: it may be cancelled at the moment in which the task ends, and holds nothing but memory.
    readonly CancellationTokenSource _cancellation = new();

    internal WatchedTask(TaskWatcher watcher, Socket socket, string name)
    {
        _watcher = watcher;
        Socket = socket;
        Name = name;
    }

    /// <summary>Is cancelled when the peer closes its side, or the process ends.</summary>
    public CancellationToken Token => _cancellation.Token;

    internal Socket Socket { get; }

    internal string Name { get; }

    /// <summary>When it was cancelled; null while it was not.</summary>
    internal long? CancelledAt { get; private set; }

    /// <summary>Whether it was reported that the task runs on.</summary>
    internal bool IsReported { get; set; }

    public void Dispose() => _watcher.Remove(this);

    // Whatever the task has registered runs on the thread pool, where it can't hold the watcher up.
    internal void Cancel(long now)
    {
        if (CancelledAt is not null) return;
        CancelledAt = now;
        _ = _cancellation.CancelAsync();
    }
}
