using System.Globalization;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>A job that has passed every check that can be made before it starts. Immutable but for its temporary folder.</summary>
sealed class PreparedJob : IDisposable
{
    /// <summary>The estimator.</summary>
    public required TorchEstimator Estimator { get; init; }

    /// <summary>Its plain options.</summary>
    public TrainingOptions Options => Estimator;

    /// <summary>What every worker gets.</summary>
    public required JobTicket Ticket { get; init; }

    /// <summary>What the model keeps to be used again: network, features, format of the rows.</summary>
    public required ModelDescription Description { get; init; }

    /// <summary>What a resumed run must share with the one that wrote the snapshot.</summary>
    public required JobIdentity Identity { get; init; }

    /// <summary>The files of the training rows; null: they were not in files.</summary>
    public InputFingerprint? InputFingerprint { get; init; }

    /// <summary>Training rows.</summary>
    public required IJobRows Training { get; init; }

    /// <summary>Validation rows; null: none.</summary>
    public IJobRows? Validation { get; init; }

    /// <summary>Test rows; null: none.</summary>
    public IJobRows? Test { get; init; }

    /// <summary>The rows of a role; null: there are none.</summary>
    public IJobRows? TryRows(RowsRole role) => role == RowsRole.Validation ? Validation : Test;

    /// <summary>The rows of a role.</summary>
    public IJobRows Rows(RowsRole role) => TryRows(role) ?? throw new InvalidOperationException($"the job has no {role} rows");

    /// <summary>Full path or address of the model to write.</summary>
    public required string ModelOutPath { get; init; }

    /// <summary>Whether an existing model there may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Folder or address for the best epoch and other temporary files; made when there is something to put into it.</summary>
    public required string WorkPath { get; init; }

    /// <summary>Whether <see cref="WorkPath"/> goes away with the job.</summary>
    public bool WorkPathIsTemporary { get; init; }

    /// <summary>Local folder for rows that are not in files; goes away with the job where it is not <see cref="WorkPath"/> itself.</summary>
    public required string RowsPath { get; init; }

    /// <summary>The snapshot to continue from; null: from the beginning.</summary>
    public ResumedRun? Resumed { get; init; }

    /// <summary>What the shards hold, for a run that has no number yet.</summary>
    public required StoreLayout Layout { get; init; }

    /// <summary>The model to continue from; null: from scratch.</summary>
    public InputModel? Input { get; init; }

    /// <summary>Rows to import before the first step.</summary>
    public IReadOnlyList<TableImport> Imports { get; init; } = [];

    /// <summary>What the user should read at the start.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>Seconds that earlier attempts took.</summary>
    public double SecondsBefore => Resumed?.State.Seconds ?? 0;

    /// <summary>How rows are scored: in file order, in large batches.</summary>
    public ReadPlan ScoringPlan => new() { BatchSize = Math.Max(Options.BatchSize, 1024) };

    /// <summary>The order of the training rows in an epoch.</summary>
    public ReadPlan ReadPlan(int epoch) => new()
    {
        BatchSize = Options.BatchSize,
        PartitionCount = Options.WorkerCount,
        Shuffle = Options.ShuffleTrainingDataset,
        ShuffleWindow = Options.ShuffleWindow,
        Seed = Options.Seed,
        Epoch = epoch,
    };

    /// <summary>What observers hear at the start.</summary>
    public TrainingStart Describe(TrainingState state)
    {
        RowCountEstimate? rows = state.Epoch > 0 && state.Rows > 0
            ? new(state.Rows / state.Epoch, true)
            : Training.EstimateRowCount();
        return Describe(state, rows);
    }

    TrainingStart Describe(TrainingState state, RowCountEstimate? rows) => new()
    {
        RunId = state.RunId.ToString("N", CultureInfo.InvariantCulture),
        StartedAt = DateTimeOffset.Now,
        Epochs = Options.TrainingEpochs,
        RowsPerEpoch = rows?.Rows,
        RowsPerEpochIsEstimate = rows?.IsExact == false,
        FirstEpoch = state.Epoch + 1,
        StepsBefore = state.Steps + state.NextSteps.Sum(),
        RowsBefore = state.Rows,
        Workers = Options.WorkerCount,
        Servers = Options.ServerCount,
        Options = Description.Settings,
        Data = Description.Data,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        if (WorkPathIsTemporary) Delete(WorkPath);
        if (RowsPath != WorkPath) Delete(RowsPath);
    }

    /// <summary>Deletes a folder that is of no use any more. What remote storage does not delete now stays, since the job has its result.</summary>
    public static void Delete(string folder)
    {
        try
        {
            Task.Run(() => ObjectFolder.Open(folder).DeleteAllAsync(CancellationToken.None)).GetAwaiter().GetResult();
        }
        catch (Exception error) when (StorageLocation.IsRemote(folder) && error is IOException or BadInputException)
        {
            // Nothing reads it again.
        }
    }
}
