using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Puts a whole folder in place of another. A folder is written beside its place as <c>{name}.tmp-{id}</c>; where the two
/// can't be exchanged at once the old one is <c>{name}.old-{id}</c> for a moment. Whatever moment a process ends at,
/// <see cref="Recover"/> finds the newest complete folder.
/// </summary>
static class CheckpointFolder
{
    const string Temporary = ".tmp-";
    const string Replaced = ".old-";

    /// <summary>The full path, or the address, without a separator at its end.</summary>
    public static string Normalize(string directory) => StorageLocation.Normalize(directory);

    /// <summary>A new name beside <paramref name="directory"/>.</summary>
    public static string NewTemporary(string directory) => directory + Temporary + Guid.NewGuid().ToString("n")[..8];

    /// <summary>Whether a folder holds a checkpoint, ours or MetaSpore's.</summary>
    public static bool IsCheckpoint(string directory) =>
        StorageLocation.IsRemote(directory)
            ? CheckpointFiles.Exists(StorageLocation.Join(directory, ManifestFile.Name)) || MetaFiles(directory).Any()
            : Directory.Exists(directory) && (File.Exists(Path.Combine(directory, ManifestFile.Name)) || MetaFiles(directory).Any());

    /// <summary>Whether there is a folder, with or without a checkpoint.</summary>
    public static bool Exists(string directory) =>
        StorageLocation.IsRemote(directory) ? CheckpointFiles.List(directory).Count > 0 : Directory.Exists(directory);

    /// <summary>The descriptions of tables and tensors in a folder, sorted.</summary>
    public static IEnumerable<string> MetaFiles(string directory) => StorageLocation.IsRemote(directory)
        ? CheckpointFiles.List(directory).Select(one => one.Name).Where(RemoteCheckpointPlace.IsMeta).Select(name => StorageLocation.Join(directory, name))
        : Directory.EnumerateFiles(directory, "*_meta.json").Where(f => ParameterMeta.NameOf(Path.GetFileName(f)) is not null)
            .Order(StringComparer.Ordinal);

    /// <summary>Checks that a checkpoint may be written to <paramref name="directory"/>.</summary>
    /// <exception cref="BadInputException">Something is there that must not be replaced.</exception>
    public static void RequireWritable(string directory, bool overwrite)
    {
        if (File.Exists(directory))
        {
            throw new BadInputException($"can't write a checkpoint to '{directory}': expected a folder or nothing, found a file; "
                + "choose another path");
        }

        bool hasOthers = Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any();
        RequireWritable(directory, overwrite, IsCheckpoint(directory), hasOthers);
    }

    /// <summary>The same for a place of which it is known what is there.</summary>
    public static void RequireWritable(string directory, bool overwrite, bool isCheckpoint, bool hasOthers)
    {
        if (!isCheckpoint && !hasOthers) return;
        if (!isCheckpoint)
        {
            throw new BadInputException($"can't write a checkpoint to '{directory}': expected a checkpoint or nothing, found a folder with "
                + "other files, which is never deleted; choose another path");
        }

        if (overwrite) return;
        throw new BadInputException($"can't write a checkpoint to '{directory}': there is one already; "
            + "allow to overwrite it or choose another path");
    }

    /// <summary>Replaces <paramref name="directory"/> (or nothing) by the complete folder <paramref name="temporary"/>.</summary>
    /// <exception cref="IOException">It could not be put in place; the old one is back.</exception>
    public static void Replace(string temporary, string directory)
    {
        string parent = Path.GetDirectoryName(directory)!;
        PosixFiles.FlushFolder(temporary);
        if (!Directory.Exists(directory))
        {
            Directory.Move(temporary, directory);
        }
        else if (PosixFiles.TryExchange(temporary, directory))
        {
            PosixFiles.FlushFolder(parent);
            Delete(temporary);
        }
        else
        {
            string old = directory + Replaced + Guid.NewGuid().ToString("n")[..8];
            Directory.Move(directory, old);
            try
            {
                Directory.Move(temporary, directory);
            }
            catch
            {
                Directory.Move(old, directory);
                throw;
            }

            PosixFiles.FlushFolder(parent);
            Delete(old);
        }

        PosixFiles.FlushFolder(parent);
    }

    /// <summary>
    /// Ends a replacement that a process did not finish: when the folder is missing, the newest complete one takes its place.
    /// </summary>
    public static void Recover(string directory)
    {
        if (StorageLocation.IsRemote(directory) || Directory.Exists(directory)) return;
        string? complete = Beside(directory, Temporary).Where(ManifestFile.IsComplete)
            .Concat(Beside(directory, Replaced)).FirstOrDefault();
        if (complete is not null) Directory.Move(complete, directory);
    }

    /// <summary>Deletes what unfinished writes to <paramref name="directory"/> left beside it.</summary>
    public static void Clean(string directory)
    {
        foreach (string leftover in Beside(directory, Temporary).Concat(Beside(directory, Replaced))) Delete(leftover);
    }

    /// <summary>Deletes a folder; one that can't be deleted stays, since it harms nothing but space.</summary>
    public static void Delete(string directory)
    {
        if (!StorageLocation.IsRemote(directory))
        {
            DeleteLocal(directory);
            return;
        }

        try
        {
            CheckpointFiles.Wait(() => ObjectFolder.Open(directory).DeleteAllAsync(CancellationToken.None));
        }
        catch (Exception error) when (error is IOException or BadInputException)
        {
            // The next write to the same place tries again.
        }
    }

    /// <summary>The same for a local path.</summary>
    public static void DeleteLocal(string directory)
    {
        try
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next write to the same place tries again.
        }
    }

    static string[] Beside(string directory, string mark)
    {
        string parent = Path.GetDirectoryName(directory)!;
        if (!Directory.Exists(parent)) return [];
        string prefix = Path.GetFileName(directory) + mark;
        return [.. Directory.EnumerateDirectories(parent).Where(d => Path.GetFileName(d).StartsWith(prefix, StringComparison.Ordinal))
            .OrderByDescending(Directory.GetLastWriteTimeUtc)];
    }
}
