using MetaSpore.Spark.Driver.Progress;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Tests.Reports;

/// <summary>A made-up run of two epochs of 1000 rows.</summary>
static class SampleRun
{
    public static TrainingStart Start { get; } = new()
    {
        RunId = "r1",
        StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Epochs = 2,
        RowsPerEpoch = 1000,
        Options = [new("seed", "17")],
        Data = [new("train", "<a> & \"b\".csv")],
    };

    public static TrainingProgress Progress(long step, int epoch = 1) => new()
    {
        Elapsed = TimeSpan.FromSeconds(step),
        Epoch = epoch,
        Step = step,
        Rows = step * 100,
        EpochRows = (step * 100) - ((epoch - 1) * 1000),
        RowsPerSecond = 100,
        Loss = 1.0 / step,
        Auc = 0.5 + (step / 100.0),
    };

    public static EpochResult Epoch(int epoch) => new()
    {
        Epoch = epoch,
        Step = epoch * 10,
        Rows = epoch * 1000,
        Elapsed = TimeSpan.FromSeconds(epoch * 10),
        Train = new EvaluationResult(1000, 0.7, 0.5),
        Validation = new EvaluationResult(100, 0.65, 0.55),
        IsBest = epoch == 1,
    };

    public static TrainingSummary Summary { get; } = new()
    {
        Outcome = TrainingOutcome.Completed,
        Rows = 2000,
        Seconds = 20,
        RowsPerSecond = 100,
        Epochs = 2,
        KeptEpoch = 1,
        Train = new EvaluationResult(1000, 0.7, 0.5),
        Validation = new EvaluationResult(100, 0.65, 0.55),
        Test = new EvaluationResult(50, 0.64, 0.56),
        ModelPath = "/out/model",
    };

    /// <summary>Tells an observer the whole run.</summary>
    public static void Play(ITrainingObserver observer)
    {
        observer.OnStart(Start);
        for (int epoch = 1; epoch <= 2; epoch++)
        {
            for (int step = ((epoch - 1) * 10) + 1; step <= epoch * 10; step++) observer.OnProgress(Progress(step, epoch));
            observer.OnEpochEnd(Epoch(epoch));
            observer.OnCheckpoint(new CheckpointNotice("/out/c", epoch, epoch * 10, TimeSpan.FromSeconds(epoch * 10)));
        }

        observer.OnMessage(new TrainingMessage(LogLevel.Warning, "rows <skipped> & counted"));
        observer.OnEnd(Summary);
    }
}
