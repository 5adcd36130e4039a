using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Writes the checkpoints of a run: snapshots while it trains, the end of each epoch, the best epoch, and the model.</summary>
/// <param name="job">The job.</param>
/// <param name="client">The shards.</param>
sealed class SnapshotPublisher(PreparedJob job, ParameterClient client) : IAsyncDisposable
{
    const string BestPrefix = "best-epoch-";

    readonly CancellationTokenSource _stop = new();
    readonly Lock _lock = new();
    readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SnapshotStore? _snapshots =
        job.Options.Checkpoint is { } options ? new SnapshotStore(options.Path, options.Keep, options.WholeEvery) : null;
    Task _pending = Task.CompletedTask;
    int _previousBest = job.Resumed?.State.BestEpoch ?? 0;

    /// <summary>Fails when a snapshot could not be written; never completes otherwise.</summary>
    public Task Failure => _failure.Task;

    /// <summary>The newest published snapshot; null when there is none.</summary>
    public string? LastPath { get; private set; } = job.Resumed?.Checkpoint.Directory;

    /// <summary>Makes sure that the folder of snapshots can be written, and deletes what other runs left when this one begins anew.</summary>
    /// <exception cref="BadInputException">It can't.</exception>
    public static void Prepare(PreparedJob job)
    {
        try
        {
            if (job.Options.Checkpoint is { } checkpoint && !StorageLocation.IsRemote(checkpoint.Path)) Directory.CreateDirectory(checkpoint.Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"the checkpoint folder '{job.Options.Checkpoint!.Path}' can't be made: {error.Message} Correct the path or its permissions.", error);
        }

        if (job.Resumed is not null) return;
        if (job.Options.Checkpoint is { } options) new SnapshotStore(options.Path, options.Keep).Clear();
        foreach (string best in BestFolders(job)) PreparedJob.Delete(best);
    }

    /// <summary>Starts a snapshot whose markers are about to be sent; it is published when all shards have captured it.</summary>
    /// <param name="snapshotId">Number that the markers carry.</param>
    /// <param name="step">Steps that name its folder.</param>
    /// <param name="state">Gives the run's state; called once all shards have captured.</param>
    /// <param name="published">Told of the folder.</param>
    public void Begin(long snapshotId, long step, Func<Task<TrainingState>> state, Action<string> published)
    {
        lock (_lock)
        {
            Task before = _pending;
            _pending = Task.Run(async () =>
            {
                try
                {
                    await before;
                    string path = await WriteAsync(step, snapshotId, async progress => (await state()) with { NextSteps = progress.NextSteps });
                    published(path);
                }
                catch (Exception error)
                {
                    _failure.TrySetException(error);
                    throw;
                }
            });
        }
    }

    /// <summary>Waits for the snapshots that are under way.</summary>
    /// <exception cref="BadInputException">One could not be written; earlier ones are intact.</exception>
    public Task CompleteAsync()
    {
        lock (_lock) return _pending;
    }

    /// <summary>Writes the snapshot at the end of an epoch.</summary>
    /// <returns>Its folder; null when the job has no snapshots.</returns>
    public async Task<string?> SaveEpochAsync(TrainingState state) =>
        _snapshots is null ? null : await WriteAsync(state.Steps, 0, _ => Task.FromResult(state));

    /// <summary>Keeps the parameters of the best epoch so far, and of the one before: the last snapshot still names it.</summary>
    public async Task SaveBestAsync(TrainingState state)
    {
        await CheckpointWriter.SaveAsync(BestPath(state.BestEpoch), client, Describe(state, job.Description), overwrite: true, CancellationToken.None);
        string[] kept = [BestPath(state.BestEpoch), BestPath(_previousBest)];
        foreach (string other in BestFolders(job).Except(kept)) PreparedJob.Delete(other);
        _previousBest = state.BestEpoch;
    }

    /// <summary>Brings the best epoch's parameters back.</summary>
    public Task LoadBestAsync(TrainingState state) =>
        CheckpointReader.Open(BestPath(state.BestEpoch)).LoadAsync(client, new CheckpointLoadOptions(), CancellationToken.None);

    /// <summary>Writes the finished model.</summary>
    public async Task SaveModelAsync(TrainingState state)
    {
        ModelDescription description = job.Description with
        {
            KeptEpoch = state.BestEpoch > 0 ? state.BestEpoch : state.Epoch,
            Validation = state.BestEpoch > 0 ? state.BestValidation : state.Validation,
        };
        await CheckpointWriter.SaveAsync(job.ModelOutPath, client, Describe(state, description), job.Overwrite, CancellationToken.None);
    }

    /// <summary>Ends snapshots that are under way; then <see cref="LastPath"/> stays as it is.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await CompleteAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends snapshots that are under way and waits until they have cleaned up.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        if (_snapshots is not null && Directory.Exists(_snapshots.Folder) && !Directory.EnumerateFileSystemEntries(_snapshots.Folder).Any())
            Directory.Delete(_snapshots.Folder);
    }

    string BestPath(int epoch) => StorageLocation.Join(job.WorkPath, $"{BestPrefix}{epoch:D4}");

    static string[] BestFolders(PreparedJob job)
    {
        if (!StorageLocation.IsRemote(job.WorkPath)) return Directory.Exists(job.WorkPath) ? Directory.GetDirectories(job.WorkPath, BestPrefix + "*") : [];
        IReadOnlyList<StoredObject> objects = Task.Run(() => ObjectFolder.Open(job.WorkPath).ListAsync(BestPrefix, CancellationToken.None)).GetAwaiter().GetResult();
        return [.. objects.Select(one => StorageLocation.Join(job.WorkPath, one.Name.Split('/')[0])).Distinct()];
    }

    async Task<string> WriteAsync(long step, long snapshotId, Func<CheckpointProgress, Task<TrainingState>> state)
    {
        using CheckpointWriter writer = _snapshots!.Begin(step);
        CheckpointProgress progress = await writer.WriteStoreAsync(client, snapshotId, _stop.Token);
        writer.Publish(Describe(await state(progress), job.Description));
        _snapshots.Trim();
        LastPath = writer.Directory;
        return writer.Directory;
    }

    CheckpointDescription Describe(TrainingState state, ModelDescription description) => new()
    {
        HashMode = job.Ticket.Hash,
        InputFingerprint = job.InputFingerprint?.ToString(),
        Sections = new Dictionary<string, JsonElement>
        {
            [Sections.Model] = JsonSerializer.SerializeToElement(description, SpecJson.Options),
            [Sections.State] = JsonSerializer.SerializeToElement(state, SpecJson.Options),
            [Sections.Identity] = JsonSerializer.SerializeToElement(job.Identity, SpecJson.Options),
        },
    };
}
