using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>A worker that is a process, seen from the process that leads the run. One command at a time.</summary>
/// <param name="progress">Mirror of what the worker has done.</param>
/// <param name="onState">Takes its state at a snapshot: the snapshot (0: the end of its partition) and the state.</param>
/// <param name="timeProvider">The clock of signs of life.</param>
sealed class ProcessWorker(WorkerProgress progress, Action<long, byte[]> onState, TimeProvider timeProvider)
{
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource<WorkerEvent>? _answer;
    volatile Exception? _lost;
    long _heard = timeProvider.GetTimestamp();

    /// <summary>The process; to be set before anything is sent.</summary>
    public ChildProcess Process { get; set; } = null!;

    /// <summary>Mirror of what the worker has done.</summary>
    public WorkerProgress Progress => progress;

    /// <summary>Completes when the worker waits for commands; fails when it can't work.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Time since its last event.</summary>
    public TimeSpan Silence => timeProvider.GetElapsedTime(Interlocked.Read(ref _heard));

    /// <summary>Sends a command and waits for its answer.</summary>
    /// <exception cref="BadInputException">The worker found bad input.</exception>
    /// <exception cref="ProcessLostException">The worker lost a shard.</exception>
    /// <exception cref="OperationCanceledException">The worker was told to give up.</exception>
    public async Task<WorkerEvent> CallAsync(WorkerCommand command, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<WorkerEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _answer, answer);
        if (_lost is { } lost) answer.TrySetException(lost);
        Process.Send(JsonLine.Write(command));
        await using CancellationTokenRegistration registration =
            cancellationToken.Register(() => Process.Send(JsonLine.Write(new WorkerCommand(WorkerCommandKind.Cancel))));
        WorkerEvent result = await answer.Task;
        return result.Kind == WorkerEventKind.Failed ? throw Failure(result, cancellationToken) : result;
    }

    /// <summary>Takes a line of the worker's output.</summary>
    public void Receive(string line)
    {
        Interlocked.Exchange(ref _heard, timeProvider.GetTimestamp());
        if (JsonLine.TryRead<WorkerEvent>(line) is not { } what) return;
        switch (what.Kind)
        {
            case WorkerEventKind.Ready:
                _ready.TrySetResult();
                break;
            case WorkerEventKind.Progress:
                if (Volatile.Read(ref _answer) is { Task.IsCompleted: false }) progress.Load(what.State);
                break;
            case WorkerEventKind.State:
                onState(what.SnapshotId, what.State!);
                break;
            default:
                if (what.Kind == WorkerEventKind.Trained) progress.Load(what.State);
                Volatile.Read(ref _answer)?.TrySetResult(what);
                break;
        }
    }

    /// <summary>Makes every pending and later wait fail: the process is lost.</summary>
    public void Fail(Exception error)
    {
        _lost = error;
        _ready.TrySetException(error);
        Volatile.Read(ref _answer)?.TrySetException(error);
    }

    Exception Failure(WorkerEvent what, CancellationToken cancellationToken) => what.Problem switch
    {
        WorkerProblem.BadInput => new BadInputException(what.Error!),
        WorkerProblem.Cancelled => new OperationCanceledException(what.Error, cancellationToken),
        WorkerProblem.Unreachable => new ProcessLostException($"{Process.Name} lost a shard: {what.Error}"),
        _ => new InvalidOperationException($"{Process.Name}: {what.Error}"),
    };
}
