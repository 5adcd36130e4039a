using System.Diagnostics;
using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.EndToEnd.Tests.Cluster;

/// <summary>Ends one of this process's children by SIGKILL after an epoch, and keeps the messages that follow.</summary>
/// <param name="verb">What the child runs.</param>
/// <param name="afterEpoch">The epoch.</param>
/// <param name="before">Called just before.</param>
sealed class KillingObserver(string verb, int afterEpoch, Action? before = null) : ITrainingObserver
{
    bool _done;

    public List<string> Messages { get; } = [];

    public List<TrainingOutcome> Ends { get; } = [];

    public int Starts { get; private set; }

    public void OnStart(TrainingStart start) => Starts++;

    public void OnProgress(TrainingProgress progress)
    {
    }

    public void OnEpochEnd(EpochResult result)
    {
        if (_done || result.Epoch != afterEpoch) return;
        _done = true;
        before?.Invoke();
        using Process child = Process.GetProcessById(ChildProcesses.Of(Environment.ProcessId, verb)[0]);
        child.Kill();
    }

    public void OnCheckpoint(CheckpointNotice notice)
    {
    }

    public void OnMessage(TrainingMessage message) => Messages.Add(message.Text);

    public void OnEnd(TrainingSummary summary) => Ends.Add(summary.Outcome);
}
