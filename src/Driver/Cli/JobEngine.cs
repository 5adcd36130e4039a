using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>Trains and scores in this process; trains on Spark where the job says so.</summary>
sealed class JobEngine : IJobEngine
{
    /// <inheritdoc/>
    public Task<TrainingSummary> TrainAsync(JobConfig job, bool resume, ITrainingObserver observer, CancellationToken interrupt) => job.SparkTarget is null
        ? JobEstimator.Of(job, resume, observer).TrainAsync(JobEstimator.Training(job), interrupt)
        : SparkJob.TrainAsync(job, resume, observer, interrupt);

    /// <inheritdoc/>
    public async Task<EvaluationResult> EvaluateAsync(
        string model, IReadOnlyList<InputFile> data, IProgress<long>? rows, CancellationToken cancellationToken)
    {
        await using LocalScoring scoring = await LocalScoring.OpenAsync(TorchModel.Load(model), cancellationToken);
        return await scoring.EvaluateAsync(Rows(scoring, data), rows, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<long> PredictAsync(
        string model, IReadOnlyList<InputFile> data, string output, IProgress<long>? rows, CancellationToken cancellationToken)
    {
        await using LocalScoring scoring = await LocalScoring.OpenAsync(TorchModel.Load(model), cancellationToken);
        DatasetReader reader = scoring.Open(Rows(scoring, data), keepInput: true);
        var columns = new PredictionColumns(scoring.Description);
        using var writer = new RowFiles(output);
        long written = 0;
        await scoring.ScoreAsync(
            reader,
            (batch, predictions, labels) =>
            {
                writer.Write(columns.Append(batch, predictions, labels));
                written += batch.Length;
                rows?.Report(written);
            },
            cancellationToken);
        writer.Complete();
        return written;
    }

    static LocalDataset Rows(LocalScoring scoring, IReadOnlyList<InputFile> data) =>
        new(scoring.Description.Dataset with { Inputs = data });
}
