using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Writes and reads a shard's tables as files.</summary>
static class ShardFiles
{
    const int BlockBytes = 1 << 20;

    /// <summary>The file of one shard's part of a table.</summary>
    public static string Name(string table, int shard) => $"{table}__sparse_{shard}.dat";

    /// <summary>Writes every captured table of <paramref name="shard"/>, which goes on changing.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="tables">Its captured tables.</param>
    /// <param name="directory">Full path of an existing folder, or an address, to which files go by way of a temporary folder.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>The files, flushed to the disk or uploaded.</returns>
    /// <exception cref="IOException">A file can't be written.</exception>
    public static async ValueTask<IReadOnlyList<CheckpointFile>> SaveAsync(
        Shard shard, IReadOnlyList<TableCapture> tables, string directory, CancellationToken cancellationToken)
    {
        if (!StorageLocation.IsRemote(directory))
            return await Task.Run(() => Save(shard, tables, directory, cancellationToken), cancellationToken);
        using TemporaryFolder temporary = new();
        List<CheckpointFile> files;
        try
        {
            files = await Task.Run(() => Save(shard, tables, temporary.Path, cancellationToken), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw temporary.Explain(error);
        }

        IObjectFolder folder = ObjectFolder.Open(directory);
        foreach (CheckpointFile file in files)
        {
            string path = Path.Combine(temporary.Path, file.Name);
            await folder.UploadAsync(path, file.Name, cancellationToken);
            File.Delete(path);
        }

        return files;
    }

    /// <summary>Reads the shard's keys of one table from files; table −1 takes over the applied steps alone.</summary>
    /// <exception cref="BadInputException">A file is missing, damaged or of another format; rows read before stay.</exception>
    public static async ValueTask LoadAsync(Shard shard, TableLoad load, CancellationToken cancellationToken)
    {
        if (load.Table >= 0) await Task.Run(() => Load(shard, load, cancellationToken), cancellationToken);
        if (!load.DataOnly) shard.AppliedSteps = load.AppliedSteps ?? UpdateStep.Unknown;
    }

    static List<CheckpointFile> Save(Shard shard, IReadOnlyList<TableCapture> tables, string directory, CancellationToken cancellationToken)
    {
        List<CheckpointFile> files = [];
        foreach (TableCapture table in tables)
        {
            SparseTableSpec spec = table.Table.Format.Spec;
            string path = Path.Combine(directory, Name(spec.Name, shard.Number));
            files.Add(spec.SaveAsText
                ? TextTableWriter.Write(path, table, TableRowFormat.Of(spec), cancellationToken)
                : TableFileWriter.Write(path, table, null, cancellationToken));
            if (table.Removed is { } removed)
                files.Add(RemovedKeysFile.Write(Path.Combine(directory, RemovedKeysFile.Name(spec.Name, shard.Number)), removed));
        }

        return files;
    }

    static void Load(Shard shard, TableLoad load, CancellationToken cancellationToken)
    {
        EmbeddingTable table = shard.Tables[load.Table];
        HashSet<ulong> removed = [.. (load.RemovedPaths ?? []).SelectMany(RemovedKeysFile.Read)];
        if (removed.Count > 0) table.Remove(removed);
        if (IsPartOfSameCount(shard, table, load))
        {
            LoadFile(shard, table, load, load.Paths[shard.Number], isOwn: true, cancellationToken);
            return;
        }

        foreach (string path in load.Paths) LoadFile(shard, table, load, path, isOwn: false, cancellationToken);
    }

    // As many files as shards, named by shard: file i holds exactly the keys of shard i.
    static bool IsPartOfSameCount(Shard shard, EmbeddingTable table, TableLoad load)
    {
        if (load.Paths.Count != shard.ShardCount || load.PartCount > load.Paths.Count) return false;
        for (int i = 0; i < load.Paths.Count; i++)
        {
            if (Path.GetFileName(load.Paths[i]) != Name(table.Format.Spec.Name, i)) return false;
        }

        return true;
    }

    static void LoadFile(Shard shard, EmbeddingTable table, TableLoad load, string path, bool isOwn, CancellationToken cancellationToken)
    {
        using FetchedFile file = FetchedFile.Of(path, cancellationToken);
        file.Read(local =>
        {
            LoadLocal(shard, table, load, local, isOwn, cancellationToken);
            return 0;
        });
    }

    static void LoadLocal(Shard shard, EmbeddingTable table, TableLoad load, string path, bool isOwn, CancellationToken cancellationToken)
    {
        using TableRowStream stream = TableRowStream.Open(path, table.Format.Spec, load.DataOnly, load.TransformKeyColumn, load.HashMode);
        using NativeBuffer keyBuffer = new(), valueBuffer = new(), ageBuffer = new();
        int capacity = Math.Max(1, BlockBytes / (stream.ValueBytes + sizeof(ulong) + sizeof(int)));
        NativeBlock keys = keyBuffer.Reserve<ulong>(capacity);
        NativeBlock values = valueBuffer.Reserve<byte>((long)capacity * stream.ValueBytes);
        NativeBlock ages = ageBuffer.Reserve<int>(capacity);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = stream.Read(keys.AsSpan<ulong>(), values.AsSpan<byte>(), ages.AsSpan<int>());
            if (read == 0) return;
            if (load.DataOnly && !load.KeepAges) ages.AsSpan<int>()[..read].Clear();
            int kept = KeepOwn(shard, keys.AsSpan<ulong>()[..read], values.AsSpan<byte>(), ages.AsSpan<int>());
            if (isOwn && kept < read) throw Foreign(shard, keys.AsSpan<ulong>()[..read], path);
            if (kept == 0) continue;
            table.Insert(
                keys.Slice(0, (long)kept * sizeof(ulong)),
                values.Slice(0, (long)kept * stream.ValueBytes),
                ages.Slice(0, (long)kept * sizeof(int)),
                load.DataOnly,
                load.SkipExisting);
        }
    }

    // Moves the shard's rows to the front, then the keys of others behind them.
    static int KeepOwn(Shard shard, Span<ulong> keys, Span<byte> values, Span<int> ages)
    {
        if (shard.ShardCount == 1) return keys.Length;
        int kept = 0, bytes = values.Length / ages.Length;
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0 && KeyPartitioner.ShardOf(keys[i], shard.ShardCount) != shard.Number) continue;
            (keys[kept], keys[i]) = (keys[i], keys[kept]);
            if (kept != i) values.Slice(i * bytes, bytes).CopyTo(values.Slice(kept * bytes, bytes));
            ages[kept] = ages[i];
            kept++;
        }

        return kept;
    }

    static BadInputException Foreign(Shard shard, ReadOnlySpan<ulong> keys, string path)
    {
        ulong foreign = 0;
        foreach (ulong key in keys)
        {
            if (key != 0 && KeyPartitioner.ShardOf(key, shard.ShardCount) != shard.Number) foreign = key;
        }

        return new BadInputException(
            $"table file '{path}': expected keys of shard {shard.Number} of {shard.ShardCount}, found key {foreign} "
            + $"of shard {KeyPartitioner.ShardOf(foreign, shard.ShardCount)}: files were exchanged or renamed; restore them from a copy");
    }
}
