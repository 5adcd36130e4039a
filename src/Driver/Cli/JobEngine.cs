using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>Trains and scores in this process.</summary>
sealed class JobEngine : IJobEngine
{
    /// <inheritdoc/>
    public Task<TrainingSummary> TrainAsync(JobConfig job, bool resume, ITrainingObserver observer, CancellationToken interrupt) =>
        throw new NotSupportedException("training is not part of this build");

    /// <inheritdoc/>
    public Task<EvaluationResult> EvaluateAsync(string model, IReadOnlyList<InputFile> data, IProgress<long>? rows, CancellationToken cancellationToken) =>
        throw new NotSupportedException("evaluation is not part of this build");

    /// <inheritdoc/>
    public Task<long> PredictAsync(string model, IReadOnlyList<InputFile> data, string output, IProgress<long>? rows, CancellationToken cancellationToken) =>
        throw new NotSupportedException("prediction is not part of this build");
}
