using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// One thread that watches the connections of all running tasks: a task whose peer closes is cancelled, and when it does not end within
/// the grace, the process is ended, unless something else in it must live on. Thread-safe.
/// </summary>
sealed class TaskWatcher : IDisposable
{
    /// <summary>Exit code of a process that was ended because of a task that did not end.</summary>
    public const int HungExitCode = 70;

    const int PollMilliseconds = 200;

    readonly Lock _lock = new();
    readonly List<WatchedTask> _tasks = [];
    readonly ManualResetEventSlim _hasTasks = new();
    readonly SparkWorkerOptions _options;
    readonly ILogger _log;
    readonly Thread _thread;
    volatile bool _isDisposed;

    public TaskWatcher(SparkWorkerOptions options, ILogger log)
    {
        _options = options;
        _log = log;
        _thread = new Thread(Run) { IsBackground = true, Name = "metaspore-watch" };
        _thread.Start();
    }

    /// <summary>Whether any task runs.</summary>
    public bool IsBusy => _hasTasks.IsSet;

    /// <summary>Watches a task until it is disposed, which must come before the socket is.</summary>
    public WatchedTask Watch(Socket socket, string name)
    {
        var task = new WatchedTask(this, socket, name);
        bool isHeld = false;
        socket.SafeHandle.DangerousAddRef(ref isHeld);
        lock (_lock)
        {
            _tasks.Add(task);
            _hasTasks.Set();
        }

        return task;
    }

    /// <summary>Cancels all tasks.</summary>
    public void CancelAll()
    {
        lock (_lock)
            foreach (WatchedTask task in _tasks) task.Cancel(_options.Time.GetTimestamp());
    }

    public void Dispose()
    {
        _isDisposed = true;
        _hasTasks.Set();
        _thread.Join();
        _hasTasks.Dispose();
    }

    internal void Remove(WatchedTask task)
    {
        lock (_lock)
        {
            if (!_tasks.Remove(task)) return;
            if (_tasks.Count == 0 && !_isDisposed) _hasTasks.Reset();
        }

        task.Socket.SafeHandle.DangerousRelease();
    }

    void Run()
    {
        while (true)
        {
            _hasTasks.Wait();
            if (_isDisposed) return;
            WatchedTask[] open;
            lock (_lock) open = [.. _tasks.Where(task => task.CancelledAt is null)];

            // Without any open one the call just waits.
            bool[] isClosed = new bool[open.Length];
            ClosedPeers.Wait([.. open.Select(task => task.Socket)], isClosed, PollMilliseconds);
            for (int i = 0; i < open.Length; i++)
                if (isClosed[i]) Cancel(open[i]);
            EndIfHung();
        }
    }

    void Cancel(WatchedTask task)
    {
        lock (_lock)
        {
            // The socket may belong to a later task by now.
            if (!_tasks.Contains(task)) return;
            task.Cancel(_options.Time.GetTimestamp());
        }

        _log.LogWarning("{Task}: Spark closed the connection; the task is cancelled", task.Name);
    }

    void EndIfHung()
    {
        WatchedTask[] hung;
        int others;
        lock (_lock)
        {
            hung = [.. _tasks.Where(task => task.CancelledAt is { } at && _options.Time.GetElapsedTime(at) >= _options.CancelGrace)];
            others = _tasks.Count(task => task.CancelledAt is null);
        }

        if (hung.Length == 0) return;
        string names = string.Join(", ", hung.Select(task => task.Name));
        string seconds = _options.CancelGrace.ToString();
        if (others == 0 && (_options.MayExit?.Invoke() ?? true))
        {
            TextWriter error = _options.Error ?? Console.Error;
            error.WriteLine($"metaspore: {names} did not end within {seconds} of being cancelled; the process ends, because nothing else can stop it");
            error.Flush();
            (_options.EndProcess ?? Environment.Exit)(HungExitCode);
            return;
        }

        foreach (WatchedTask task in hung.Where(task => !task.IsReported))
        {
            task.IsReported = true;
            _log.LogError(
                "{Task} did not end within {Grace} of being cancelled; the process stays, because other tasks or shards live in it", task.Name, seconds);
        }
    }
}
