using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Turns what the workers have done into progress reports, at most one each interval.</summary>
/// <param name="workers">The workers.</param>
/// <param name="minimumSteps">Steps of all workers between two reports, at least.</param>
sealed class ProgressMeter(IWorkerGroup workers, int minimumSteps)
{
    long _steps = workers.Progress.Sum(worker => worker.Steps);
    long _rows = workers.Progress.Sum(worker => worker.Rows);
    double _lossSum = workers.Progress.Sum(worker => worker.LossSum);
    TimeSpan _at = TimeSpan.MinValue;

    /// <summary>Time between two looks at the workers.</summary>
    public TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A report, or null when too little has happened since the last one.</summary>
    public TrainingProgress? Next(TrainingState state, TimeSpan elapsed)
    {
        if (_at == TimeSpan.MinValue) _at = elapsed;
        long steps = workers.Progress.Sum(worker => worker.Steps);
        if (elapsed - _at < Interval || steps - _steps < minimumSteps) return null;
        long rows = workers.Progress.Sum(worker => worker.Rows);
        double lossSum = workers.Progress.Sum(worker => worker.LossSum);
        EvaluationResult result = Results.Of(workers.MergedMetric());
        var progress = new TrainingProgress
        {
            Elapsed = elapsed,
            Epoch = state.Epoch + 1,
            Step = state.Steps + steps,
            Rows = state.Rows + rows,
            EpochRows = rows,
            RowsPerSecond = (rows - _rows) / (elapsed - _at).TotalSeconds,
            Loss = rows > _rows ? (lossSum - _lossSum) / (rows - _rows) : double.NaN,
            Auc = result.Auc,
            Metrics = result.Metrics,
        };
        (_steps, _rows, _lossSum, _at) = (steps, rows, lossSum, elapsed);
        return progress;
    }
}
