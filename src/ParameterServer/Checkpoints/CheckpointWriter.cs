using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Writes one checkpoint as a whole: into a folder beside its place, every file flushed to the disk, the manifest last, then
/// put in place by a rename; on remote storage into a folder within its place that the manifest names, which is put last. Until
/// then an existing checkpoint stays as it is, and after a failure for good. Not thread-safe.
/// </summary>
/// <remarks>
/// The order of calls: <see cref="WriteStoreAsync"/> once, <see cref="WriteFile"/> for files of one's own, then
/// <see cref="Publish"/>. Disposing a writer that was not published deletes what it wrote.
/// </remarks>
public sealed class CheckpointWriter : IDisposable
{
    readonly List<CheckpointFile> _files = [];
    readonly CheckpointPlace _place;
    readonly Guid _mark;
    readonly PublishedSnapshot? _since;
    ShardSnapshot? _snapshot;
    StoreLayout? _layout;
    int _shardCount;

    CheckpointWriter(CheckpointPlace place, Guid mark, PublishedSnapshot? since)
    {
        _place = place;
        _mark = mark;
        _since = since;
    }

    /// <summary>Where the checkpoint will be.</summary>
    public string Directory => _place.Directory;

    /// <summary>Where it is written until then, on the same file system or store.</summary>
    public string WorkingDirectory => _place.WorkingDirectory;

    /// <summary>The checkpoint in its place; null before <see cref="Publish"/>.</summary>
    internal PublishedSnapshot? Published { get; private set; }

    /// <summary>Begins a checkpoint and deletes what unfinished writes to the same place left.</summary>
    /// <param name="directory">Its folder; its parents are created.</param>
    /// <param name="overwrite">Whether an existing checkpoint may be replaced.</param>
    /// <exception cref="BadInputException">
    /// There is a checkpoint and <paramref name="overwrite"/> is false, or there is something else.
    /// </exception>
    public static CheckpointWriter Create(string directory, bool overwrite = false) => Create(directory, overwrite, default, null);

    /// <summary>Begins a snapshot to which deltas can be made.</summary>
    /// <param name="directory">Its folder; its parents are created.</param>
    /// <param name="overwrite">Whether an existing checkpoint may be replaced.</param>
    /// <param name="mark">Names its moment at the shards; the default: no delta will follow.</param>
    /// <param name="since">What it adds to, in a folder beside it; null to write everything.</param>
    internal static CheckpointWriter Create(string directory, bool overwrite, Guid mark, PublishedSnapshot? since)
    {
        string full = CheckpointFolder.Normalize(directory);
        return Guard(full, () => new CheckpointWriter(CheckpointPlace.Create(full, overwrite), mark, since));
    }

    /// <summary>Writes everything at rest and publishes it.</summary>
    /// <param name="directory">The checkpoint's folder.</param>
    /// <param name="client">The store.</param>
    /// <param name="description">What else it says.</param>
    /// <param name="overwrite">Whether an existing checkpoint may be replaced.</param>
    /// <param name="cancellationToken">Ends the write; an existing checkpoint stays.</param>
    /// <exception cref="BadInputException">It can't be written (disk full, no permission, in the way); nothing has changed.</exception>
    public static async Task<CheckpointManifest> SaveAsync(
        string directory, ParameterClient client, CheckpointDescription description, bool overwrite, CancellationToken cancellationToken)
    {
        using CheckpointWriter writer = Create(directory, overwrite);
        await writer.WriteStoreAsync(client, 0, cancellationToken);
        return writer.Publish(description);
    }

    /// <summary>
    /// Writes what one shard holds, in place of an earlier write: a checkpoint when it is the only shard, else a part of one, which
    /// readers refuse for the files of the others that it lacks.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <param name="client">The one shard.</param>
    /// <param name="shardCount">Number of shards (S).</param>
    /// <param name="description">What else it says.</param>
    /// <param name="cancellationToken">Ends the write; what was there stays.</param>
    /// <exception cref="BadInputException">It can't be written; nothing has changed.</exception>
    internal static async Task SavePartAsync(
        string directory, ParameterClient client, int shardCount, CheckpointDescription description, CancellationToken cancellationToken)
    {
        using CheckpointWriter writer = Create(directory, overwrite: true);
        writer._shardCount = shardCount;
        await writer.WriteStoreAsync(client, 0, cancellationToken);
        writer.Publish(description);
    }

    /// <summary>Writes tables, dense tensors and their descriptions.</summary>
    /// <param name="client">The store.</param>
    /// <param name="snapshotId">The snapshot that the workers' markers name, or 0 for a save at rest.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>The steps that the content has seen.</returns>
    /// <exception cref="BadInputException">It can't be written.</exception>
    /// <exception cref="InvalidOperationException">The shards have not applied the same steps: a save at rest while steps run.</exception>
    public async Task<CheckpointProgress> WriteStoreAsync(ParameterClient client, long snapshotId, CancellationToken cancellationToken)
    {
        if (_snapshot is not null) throw new InvalidOperationException("the store is written already");
        ShardSnapshot[] shards;
        try
        {
            shards = await client.SaveAsync(new SnapshotRequest(snapshotId, WorkingDirectory, _mark, _since?.Mark ?? default), cancellationToken);
        }
        catch (Exception error) when (FileFault(error) is { } fault)
        {
            throw Failed(Directory, fault);
        }

        RequireSameSteps(shards);
        _layout = client.Layout;
        if (_shardCount == 0) _shardCount = shards.Length;
        Guard(Directory, () =>
        {
            foreach (ShardSnapshot shard in shards) _files.AddRange(shard.Files);
            for (int i = 0; i < _layout.DenseTensors.Count; i++) WriteDense(client.Join(i, [.. shards.Select(s => s.Dense[i])]));
            foreach (SparseTableSpec table in _layout.Tables) WriteMeta(Meta(table));
            return 0;
        });
        _snapshot = shards[0];
        return Progress(_snapshot);
    }

    /// <summary>Adds a file of one's own; it gets its line in the manifest.</summary>
    /// <param name="name">A plain file name that no other file has.</param>
    /// <param name="content">The content.</param>
    public void WriteFile(string name, ReadOnlySpan<byte> content)
    {
        if (name != Path.GetFileName(name) || name == ManifestFile.Name)
            throw new ArgumentException($"'{name}' is no name for a file of a checkpoint", nameof(name));
        byte[] bytes = content.ToArray();
        Guard(Directory, () =>
        {
            _files.Add(_place.Write(name, bytes));
            return 0;
        });
    }

    /// <summary>Writes the manifest and puts the checkpoint in its place.</summary>
    /// <exception cref="BadInputException">It can't be written; an existing checkpoint is as it was.</exception>
    public CheckpointManifest Publish(CheckpointDescription description)
    {
        if (_snapshot is null || _layout is null) throw new InvalidOperationException("the store is not written yet");
        bool isDelta = _since is not null && IsDelta(_layout);
        CheckpointManifest manifest = new()
        {
            FormatVersion = isDelta ? CheckpointManifest.DeltaFormatVersion : CheckpointManifest.CurrentFormatVersion,
            Base = isDelta ? new CheckpointBase(Path.GetFileName(_since!.Directory), _since.ManifestHash) : null,
            DataFolder = _place.DataFolder,
            CreatedBy = $"MetaSpore.Spark {typeof(CheckpointWriter).Assembly.GetName().Version?.ToString(3)}",
            RunId = _layout.RunId,
            Generation = _layout.Generation,
            HashMode = description.HashMode,
            InputFingerprint = description.InputFingerprint,
            Store = new CheckpointStore(
                _shardCount, _layout.WorkerCount, _layout.Mode, _layout.StalenessBound, _layout.Seed,
                [.. _layout.Tables.Select(Describe)], [.. _layout.DenseTensors.Select(Describe)]),
            Progress = Progress(_snapshot),
            Sections = description.Sections,
            Files = [.. _files.OrderBy(f => f.Name, StringComparer.Ordinal)],
        };
        string hash = Guard(Directory, () => _place.Publish(manifest));
        Published = new PublishedSnapshot(Directory, hash, _mark, isDelta);
        return manifest;
    }

    /// <summary>Deletes what was written when it was not published.</summary>
    public void Dispose()
    {
        if (Published is null) _place.Discard();
    }

    // Shards write a table whole that does not know its changes; without any other table nothing is needed of the base.
    bool IsDelta(StoreLayout layout)
    {
        HashSet<string> names = [.. layout.Tables.SelectMany(t => Enumerable.Range(0, _shardCount).Select(i => RemovedKeysFile.Name(t.Name, i)))];
        return _files.Exists(f => names.Contains(f.Name));
    }

    void WriteDense(DenseSlice tensor)
    {
        DenseTensorSpec spec = _layout!.DenseTensors[tensor.Tensor];
        _files.Add(_place.Write(DenseFiles.Data(spec.Name), tensor.Values));
        if (tensor.States is { } states) _files.Add(_place.Write(DenseFiles.State(spec.Name), states));
        WriteMeta(new ParameterMeta
        {
            Name = spec.Name,
            IsSparse = false,
            ElementType = spec.ElementType,
            DataShape = spec.Shape,
            StatesPerParameter = spec.Updater.StatesPerParameter,
            PartitionCount = _shardCount,
            UpdaterData = JsonSerializer.Serialize(spec.Updater),
        });
    }

    void WriteMeta(ParameterMeta meta) => _files.Add(_place.Write(meta.FileName, meta.Write()));

    ParameterMeta Meta(SparseTableSpec table) => new()
    {
        Name = table.Name,
        IsSparse = true,
        ElementType = table.ElementType,
        DataShape = [table.Dimension],
        StatesPerParameter = table.Updater.StatesPerParameter,
        PartitionCount = _shardCount,
        UpdaterData = JsonSerializer.Serialize(table.Updater),
        InitializerData = JsonSerializer.Serialize(table.Initializer),
    };

    CheckpointTable Describe(SparseTableSpec table) => new(
        table.Name, table.ElementType, table.Dimension, table.Updater.StatesPerParameter, _shardCount, table.SaveAsText,
        JsonSerializer.SerializeToElement<TensorUpdater>(table.Updater),
        JsonSerializer.SerializeToElement<TensorInitializer>(table.Initializer));

    static CheckpointTensor Describe(DenseTensorSpec tensor) => new(
        tensor.Name, tensor.ElementType, tensor.Shape, tensor.Updater.StatesPerParameter,
        JsonSerializer.SerializeToElement<TensorUpdater>(tensor.Updater));

    static CheckpointProgress Progress(ShardSnapshot shard) => new(shard.Epoch, shard.NextSteps, shard.Ended, shard.AppliedSteps);

    static void RequireSameSteps(ShardSnapshot[] shards)
    {
        for (int i = 1; i < shards.Length; i++)
        {
            ShardSnapshot a = shards[0], b = shards[i];
            bool areSame = a.Epoch == b.Epoch && a.AppliedSteps == b.AppliedSteps
                && a.NextSteps.SequenceEqual(b.NextSteps) && a.Ended.SequenceEqual(b.Ended);
            if (areSame) continue;
            throw new InvalidOperationException($"shards 0 and {i} have applied different steps "
                + $"(epoch {a.Epoch} and {b.Epoch}, next steps [{string.Join(", ", a.NextSteps)}] and [{string.Join(", ", b.NextSteps)}], "
                + $"{a.AppliedSteps} and {b.AppliedSteps} updates): save at rest, or at a snapshot marker");
        }
    }

    static T Guard<T>(string directory, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (FileFault(error) is { } fault)
        {
            throw Failed(directory, fault);
        }
    }

    // The file system's fault inside what shards and clients made of it; a shard that can't be reached is none.
    static Exception? FileFault(Exception? error)
    {
        for (; error is not (null or BadInputException or ShardUnreachableException); error = error.InnerException)
        {
            if (error is IOException or UnauthorizedAccessException) return error;
        }

        return null;
    }

    static BadInputException Failed(string directory, Exception fault) =>
        new($"saving the checkpoint '{directory}' failed: {fault.Message.Replace(" : '", ": '", StringComparison.Ordinal).TrimEnd('.')}. "
            + (StorageLocation.IsRemote(directory) ? "A checkpoint that was there is intact. " : CheckpointFolder.IsCheckpoint(directory) ? "The previous checkpoint is intact. " : "")
            + "What was written has been removed: free space or correct the path or its permissions, and save again", fault);
}
