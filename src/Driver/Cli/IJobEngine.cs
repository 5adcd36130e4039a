using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>What the verbs of the command line need of the estimator: the seam between parsing and training.</summary>
interface IJobEngine
{
    /// <summary>Trains a job, writes its model and measures it on the job's test rows.</summary>
    /// <param name="job">The job, checked as far as its file goes.</param>
    /// <param name="resume">Go on from the job's last checkpoint; without one, start anew and say so.</param>
    /// <param name="observer">Watches.</param>
    /// <param name="interrupt">
    /// Ends training at the next step: a checkpoint is written and the outcome is <see cref="TrainingOutcome.Interrupted"/>.
    /// </param>
    /// <exception cref="BadInputException">Data, features, the module or a checkpoint don't fit.</exception>
    Task<TrainingSummary> TrainAsync(JobConfig job, bool resume, ITrainingObserver observer, CancellationToken interrupt);

    /// <summary>Scores rows with a model and compares with their labels.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="data">The rows, in the format that the model was trained on.</param>
    /// <param name="rows">Told of the rows scored so far, at intervals; null: nobody.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task<EvaluationResult> EvaluateAsync(string model, IReadOnlyList<InputFile> data, IProgress<long>? rows, CancellationToken cancellationToken);

    /// <summary>Scores rows and writes them, in their order, with columns <c>label</c> (if known) and <c>rawPrediction</c>.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="data">The rows, in the format that the model was trained on.</param>
    /// <param name="output">The file to write: .parquet, .csv or .arrow; appears only when complete.</param>
    /// <param name="rows">Told of the rows scored so far, at intervals; null: nobody.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Rows written.</returns>
    Task<long> PredictAsync(string model, IReadOnlyList<InputFile> data, string output, IProgress<long>? rows, CancellationToken cancellationToken);
}
