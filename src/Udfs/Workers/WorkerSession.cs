using Apache.Arrow;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Native;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Udfs.Features;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// One worker of a job: its own copy of everything that the ticket names, and what it has done. Not thread-safe: the
/// worker's thread uses it, except <see cref="Progress"/>.
/// </summary>
public sealed class WorkerSession : IDisposable
{
    readonly MinibatchPreprocessor? _trainingPreprocessor;
    readonly MinibatchPreprocessor? _validationPreprocessor;
    readonly StepRunner _trainingStep;
    readonly StepRunner _validationStep;
    readonly WorkerHooks? _hooks;
    TrainingWorker? _trainer;

    /// <summary>Builds the worker's objects.</summary>
    /// <param name="ticket">The job.</param>
    /// <param name="rank">The worker's rank, from 0.</param>
    /// <param name="wrapTrainingStep">Puts something around the ticket's training step; null: nothing.</param>
    /// <exception cref="Model.Errors.BadInputException">A type can't be built, or the network can't be trained.</exception>
    public WorkerSession(JobTicket ticket, int rank, Func<MinibatchTransformer, MinibatchTransformer>? wrapTrainingStep = null)
    {
        LibTorch.Initialize(ticket.TorchThreads);
        Ticket = ticket;
        Rank = rank;
        Model = SparseModel.Create(ticket.Module, ticket.Defaults, ticket.Seed);
        _trainingPreprocessor = ticket.TrainingPreprocessor?.Create();
        _validationPreprocessor = ticket.ValidationPreprocessor?.Create();
        LossFunction loss = ticket.Loss?.Create() ?? new LogLoss();
        MinibatchTransformer training = ticket.TrainingTransformer?.Create() ?? new DefaultStep();
        _trainingStep = new StepRunner(Model, wrapTrainingStep?.Invoke(training) ?? training, loss);
        _validationStep = new StepRunner(Model, ticket.ValidationTransformer?.Create() ?? new DefaultStep(), loss);
        _hooks = ticket.Hooks?.Create();
        Progress = new WorkerProgress(ticket.NewMetric());
    }

    /// <summary>The job.</summary>
    public JobTicket Ticket { get; }

    /// <summary>The worker's rank, from 0; also its partition.</summary>
    public int Rank { get; }

    /// <summary>The worker's copy of the network.</summary>
    public SparseModel Model { get; }

    /// <summary>The parameters.</summary>
    /// <exception cref="InvalidOperationException">The worker is not connected yet.</exception>
    public IParameterStore Store => Model.Store ?? throw new InvalidOperationException("the worker is not connected to a parameter store");

    /// <summary>What the worker has done in this epoch. Thread-safe.</summary>
    public WorkerProgress Progress { get; }

    /// <summary>Says where the parameters are; before anything but the construction.</summary>
    public void Connect(IParameterStore store) => Model.Connect(store, Rank);

    /// <summary>Tells the hooks that the worker starts.</summary>
    public void Start() => _hooks?.OnStart(this);

    /// <summary>Tells the hooks that the worker stops.</summary>
    public void Stop() => _hooks?.OnStop(this);

    /// <summary>Trains the worker's partition of one epoch from <paramref name="firstStep"/> on; on the worker's thread.</summary>
    /// <param name="partition">The partition's batches from <paramref name="firstStep"/> on.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="firstStep">Step of the first batch.</param>
    /// <param name="schedule">Where snapshots are taken.</param>
    /// <param name="cancellationToken">Ends the work without a snapshot.</param>
    /// <returns>Whether the end of the partition was reached; false when the schedule stopped the worker.</returns>
    public bool TrainEpoch(
        IEnumerable<RecordBatch> partition,
        int epoch,
        long firstStep,
        IStepSchedule schedule,
        CancellationToken cancellationToken)
    {
        _trainer ??= new TrainingWorker(this, _trainingStep);
        using var batches = new BatchPreparer(partition, NewExtractor(_trainingPreprocessor, scoring: false), firstStep, ahead: 2, cancellationToken);
        return _trainer.TrainEpoch(batches, epoch, firstStep, schedule, cancellationToken);
    }

    /// <summary>Scores rows with read-only pulls, in order; on the worker's thread.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scored">Receives each batch: the rows (valid during the call), predictions (B), labels (B, or none).</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public void Score(IEnumerable<RecordBatch> rows, ScoredBatch scored, CancellationToken cancellationToken)
    {
        using var batches = new BatchPreparer(rows, NewExtractor(_validationPreprocessor, scoring: true), 0, ahead: 2, cancellationToken);
        new ScoringWorker(this, _validationStep).Score(batches, scored, cancellationToken);
    }

    /// <summary>Scores labelled rows like <see cref="Score"/>, and measures the predictions.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="measured">Receives the number of rows measured so far, after each batch; null: nobody asks.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public ModelMetric Evaluate(IEnumerable<RecordBatch> rows, IProgress<long>? measured, CancellationToken cancellationToken)
    {
        ModelMetric metric = Ticket.NewMetric();
        Score(
            rows,
            (_, predictions, labels) =>
            {
                metric.Accumulate(predictions, labels, double.NaN);
                measured?.Report(metric.InstanceCount);
            },
            cancellationToken);
        return metric;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainer?.Dispose();
        Model.Dispose();
    }

    MinibatchExtractor NewExtractor(MinibatchPreprocessor? preprocessor, bool scoring) => new(
        Model.Schemas.Count == 0 ? null : new FeatureExtractor(Ticket.Hash, Model.Schemas, Ticket.FeatureState),
        [.. Model.Casts.Select(cast => new DenseExtractor(cast.Columns, Ticket.DenseTransform))],
        Ticket.LabelColumn is { } column ? new LabelExtractor(column, Ticket.AnyLabel, mayBeMissing: scoring) : null,
        preprocessor,
        Model.Operators.Count,
        Model.Schemas.Count);
}

/// <summary>Receives a scored batch.</summary>
/// <param name="rows">The rows; valid during the call.</param>
/// <param name="predictions">Shape (B).</param>
/// <param name="labels">Shape (B), or empty when the rows have none.</param>
public delegate void ScoredBatch(RecordBatch rows, ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels);
