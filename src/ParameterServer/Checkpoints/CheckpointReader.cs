using System.Collections.Concurrent;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// A checkpoint on the disk or on remote storage, ours (with a manifest) or MetaSpore's (without; its pickles are ignored). Holds descriptions
/// only. Thread-safe.
/// </summary>
public sealed class CheckpointReader
{
    readonly CheckpointChain? _chain;

    CheckpointReader(
        string directory, CheckpointChain? chain, IReadOnlyList<CheckpointTable> tables, IReadOnlyList<CheckpointTensor> dense)
    {
        Directory = directory;
        _chain = chain;
        Tables = tables;
        DenseTensors = dense;
    }

    /// <summary>Its folder: a full path, or an address.</summary>
    public string Directory { get; }

    /// <summary>Where its files are: <see cref="Directory"/>, or a folder in it that the manifest names.</summary>
    string DataDirectory => _chain?.DataDirectory ?? Directory;

    /// <summary>Its manifest; null for a checkpoint of MetaSpore.</summary>
    public CheckpointManifest? Manifest => _chain?.Manifest;

    /// <summary>The hash of its manifest, 16 hexadecimal digits, which tells it from every other checkpoint; null for one of MetaSpore.</summary>
    public string? Mark => _chain is null ? null : ManifestFile.HashOf(Directory);

    /// <summary>Its tables.</summary>
    public IReadOnlyList<CheckpointTable> Tables { get; }

    /// <summary>Its dense tensors.</summary>
    public IReadOnlyList<CheckpointTensor> DenseTensors { get; }

    /// <summary>How column values became keys; MetaSpore has only its own way.</summary>
    public HashMode HashMode => Manifest?.HashMode ?? HashMode.MetaSpore;

    /// <summary>Opens a folder; a replacement of it that a process did not finish is finished first.</summary>
    /// <exception cref="BadInputException">
    /// There is no checkpoint, its manifest or a description is damaged, or a folder that it adds to is missing or another one.
    /// </exception>
    public static CheckpointReader Open(string directory)
    {
        string full = CheckpointFolder.Normalize(directory);
        CheckpointFolder.Recover(full);
        if (!CheckpointFolder.Exists(full))
            throw new BadInputException($"checkpoint '{full}': expected a folder, found nothing; check the path");
        if (CheckpointFiles.Exists(StorageLocation.Join(full, ManifestFile.Name)))
        {
            CheckpointChain chain = CheckpointChain.Open(full);
            return new CheckpointReader(full, chain, chain.Manifest.Store.Tables, chain.Manifest.Store.DenseTensors);
        }

        ParameterMeta[] metas = [.. CheckpointFolder.MetaFiles(full).Select(ParameterMeta.Read)];
        if (metas.Length == 0)
        {
            throw new BadInputException($"'{full}' is no checkpoint: expected {ManifestFile.Name}, or *__sparse_meta.json and "
                + "*__dense_meta.json, found neither; check the path");
        }

        if (Array.Find(metas, m => !m.IsOriginal) is { } ours)
        {
            throw new BadInputException($"checkpoint '{full}': expected {ManifestFile.Name}, found none, though '{ours.FileName}' is not "
                + "MetaSpore's own: it is incomplete; use an earlier checkpoint or restore the file");
        }

        return new CheckpointReader(
            full, null, [.. metas.Where(m => m.IsSparse).Select(Table)], [.. metas.Where(m => !m.IsSparse).Select(Tensor)]);
    }

    /// <summary>Whether <paramref name="directory"/> holds a checkpoint, or one whose replacement was not finished.</summary>
    public static bool Exists(string directory)
    {
        string full = CheckpointFolder.Normalize(directory);
        CheckpointFolder.Recover(full);
        return CheckpointFolder.IsCheckpoint(full);
    }

    /// <summary>Compares every file with its length and hash in the manifest; for MetaSpore's, that no file is missing.</summary>
    /// <exception cref="BadInputException">Files are missing or damaged; the message names each.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        ConcurrentBag<string> problems = [];
        if (_chain is null)
        {
            foreach (string name in ExpectedFiles())
            {
                if (!CheckpointFiles.Exists(StorageLocation.Join(Directory, name))) problems.Add(Missing(Directory, name));
            }
        }
        else
        {
            ParallelOptions options = new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = 4 };
            await Parallel.ForEachAsync(_chain.Files, options, async (entry, token) =>
            {
                if (await ProblemAsync(entry.Directory, entry.Path, entry.File, token) is { } problem) problems.Add(problem);
            });
        }

        if (!problems.IsEmpty) throw new BadInputException([.. problems.Order(StringComparer.Ordinal)]);
    }

    /// <summary>Checks that keys were hashed as <paramref name="mode"/> says.</summary>
    /// <exception cref="BadInputException">They were not.</exception>
    public void RequireHashMode(HashMode mode)
    {
        if (HashMode == mode) return;
        throw new BadInputException($"checkpoint '{Directory}': expected keys of hash mode {ManifestFile.NameOf(mode)}, found "
            + $"{ManifestFile.NameOf(HashMode)}: set features.hash to {ManifestFile.NameOf(HashMode)}, or train a new model");
    }

    /// <summary>Checks that tables and tensors of <paramref name="layout"/> can be read from this checkpoint.</summary>
    /// <exception cref="BadInputException">They can't; the message has every reason.</exception>
    public void RequireLayout(StoreLayout layout, bool loadState = true)
    {
        string[] problems = [.. LayoutCheck.Problems(this, layout, loadState)];
        if (problems.Length > 0) throw new BadInputException(problems);
    }

    /// <summary>
    /// Reads tables and dense tensors into a store of any number of shards, in place of what it holds; each shard takes its own
    /// keys. Tables and tensors that the store does not have are left out.
    /// </summary>
    /// <param name="client">The store, configured and at rest.</param>
    /// <param name="options">What to read.</param>
    /// <param name="cancellationToken">Ends the load; the store is then partly loaded.</param>
    /// <exception cref="BadInputException">It does not fit, or a file is missing or damaged; checked before anything is read.</exception>
    public async Task LoadAsync(ParameterClient client, CheckpointLoadOptions options, CancellationToken cancellationToken)
    {
        StoreLayout layout = client.Layout;
        RequireLayout(layout, options.LoadState);
        if (options.Verify) await VerifyAsync(cancellationToken);
        Dictionary<string, CheckpointTable> tables = Tables.ToDictionary(t => t.Name, StringComparer.Ordinal);
        Dictionary<string, CheckpointTensor> tensors = DenseTensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        for (int i = 0; i < layout.DenseTensors.Count; i++)
            await client.WriteDenseAsync(ReadDense(i, tensors[layout.DenseTensors[i].Name], options.LoadState), cancellationToken);
        long? steps = Manifest?.Progress.AppliedSteps;
        await client.PruneAsync(new PruneRequest(All: true), cancellationToken);
        for (int i = 0; i < layout.Tables.Count; i++)
        {
            CheckpointTable table = tables[layout.Tables[i].Name];
            foreach (IGrouping<int, TablePart> folder in PartsOf(table).GroupBy(part => part.Folder))
            {
                string[] paths = [.. folder.Select(part => part.RowsPath)], removed = [.. folder.Select(part => part.RemovedPath).OfType<string>()];
                TableLoad load = new(
                    i, paths, steps, DataOnly: !options.LoadState, KeepAges: true, RemovedPaths: removed, PartCount: table.PartitionCount);
                await client.LoadAsync(load, cancellationToken);
            }
        }

        if (options.LoadState && layout.Tables.Count == 0)
            await client.LoadAsync(new TableLoad(-1, [], steps), cancellationToken);
    }

    /// <summary>The weights of a dense tensor, row-major bytes.</summary>
    /// <exception cref="BadInputException">There is no such tensor, or its file is missing or has another length.</exception>
    public byte[] ReadDense(string name)
    {
        CheckpointTensor tensor = DenseTensors.FirstOrDefault(t => t.Name == name)
            ?? throw new BadInputException($"checkpoint '{Directory}' has no dense tensor '{name}'; it has: "
                + string.Join(", ", DenseTensors.Select(t => t.Name)));
        return DenseFiles.Read(DataDirectory, DenseFiles.Data(name), Bytes(tensor));
    }

    /// <summary>The files of a table's rows, in the order in which they are to be read.</summary>
    /// <exception cref="BadInputException">The checkpoint is a delta of another one than its manifest says.</exception>
    public IEnumerable<TablePart> PartsOf(CheckpointTable table) => _chain is not null
        ? _chain.PartsOf(table)
        : Enumerable.Range(0, table.PartitionCount).Select(i => new TablePart(0, i, StorageLocation.Join(Directory, ShardFiles.Name(table.Name, i)), null));

    /// <summary>Counts the rows of a table; reads headers, of text and of deltas' tables more.</summary>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public long CountRows(CheckpointTable table) =>
        PartsOf(table).GroupBy(part => part.Shard).Sum(shard => TableRowCount.Of([.. shard]));

    /// <summary>The length of a table's files in bytes, over all parts.</summary>
    /// <exception cref="BadInputException">A file is missing.</exception>
    public long CountBytes(CheckpointTable table) =>
        PartsOf(table).SelectMany(part => new[] { part.RowsPath, part.RemovedPath }).OfType<string>()
            .Sum(path => CheckpointFiles.LengthOf(path) ?? throw new BadInputException(Missing(Directory, Path.GetFileName(path))));

    DenseSlice ReadDense(int index, CheckpointTensor tensor, bool loadState)
    {
        byte[] values = DenseFiles.Read(DataDirectory, DenseFiles.Data(tensor.Name), Bytes(tensor));
        byte[]? states = loadState && tensor.StatesPerParameter > 0
            ? DenseFiles.Read(DataDirectory, DenseFiles.State(tensor.Name), Bytes(tensor) * tensor.StatesPerParameter)
            : null;
        return new DenseSlice(index, values, states);
    }

    IEnumerable<string> ExpectedFiles() =>
        Tables.SelectMany(PartsOf).Select(part => Path.GetFileName(part.RowsPath))
            .Concat(DenseTensors.Select(t => DenseFiles.Data(t.Name)))
            .Concat(DenseTensors.Where(t => t.StatesPerParameter > 0).Select(t => DenseFiles.State(t.Name)));

    static async Task<string?> ProblemAsync(string directory, string path, CheckpointFile expected, CancellationToken cancellationToken)
    {
        if (await Task.Run(() => CheckpointFiles.LengthOf(path), cancellationToken) is not { } length) return Missing(directory, expected.Name);
        if (length != expected.Length)
        {
            return $"checkpoint '{directory}', file '{expected.Name}': expected {expected.Length} bytes, found {length}: it is "
                + $"{(length < expected.Length ? "cut off" : "damaged")}; restore it from a copy, or use an earlier checkpoint";
        }

        if (await CheckpointFiles.TryHashAsync(path, cancellationToken) is not { } found) return Missing(directory, expected.Name);
        return found.XxHash3 == expected.XxHash3
            ? null
            : $"checkpoint '{directory}', file '{expected.Name}': expected the hash {expected.XxHash3}, found {found.XxHash3}: "
                + "it is damaged; restore it from a copy, or use an earlier checkpoint";
    }

    static string Missing(string directory, string name) =>
        $"checkpoint '{directory}', file '{name}' is missing: restore it from a copy, or use an earlier checkpoint";

    static long Bytes(CheckpointTensor tensor) =>
        tensor.Shape.Aggregate((long)tensor.ElementType.ByteSize(), (product, size) => checked(product * size));

    static CheckpointTable Table(ParameterMeta meta) => new(
        meta.Name,
        meta.ElementType,
        checked((int)meta.DataShape.Aggregate(1L, (a, b) => checked(a * b))),
        meta.StatesPerParameter,
        meta.PartitionCount,
        SaveAsText: false,
        Updater: null,
        Initializer: null);

    static CheckpointTensor Tensor(ParameterMeta meta) => new(meta.Name, meta.ElementType, meta.DataShape, meta.StatesPerParameter, null);
}
