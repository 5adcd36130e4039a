using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Reads files of checkpoints by their full path or address. Calls of remote storage are waited for, each with its own deadline.
/// </summary>
static class CheckpointFiles
{
    /// <summary>Waits for a remote call, on threads that hold nothing of the caller's.</summary>
    public static T Wait<T>(Func<Task<T>> call) => Task.Run(call).GetAwaiter().GetResult();

    /// <summary>Waits for a remote call.</summary>
    public static void Wait(Func<Task> call) => Task.Run(call).GetAwaiter().GetResult();

    /// <summary>The objects below a remote folder.</summary>
    public static IReadOnlyList<StoredObject> List(string directory, string prefix = "") =>
        Wait(() => ObjectFolder.Open(directory).ListAsync(prefix, CancellationToken.None));

    /// <summary>Reads a whole file; null when it is missing.</summary>
    public static byte[]? TryRead(string path)
    {
        if (StorageLocation.IsRemote(path))
        {
            StorageLocation location = StorageLocation.Parse(path);
            return Wait(() => ObjectFolder.Open(location.Parent).TryGetAsync(location.Name, CancellationToken.None, Array.MaxLength));
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The length of a file; null when it is missing.</summary>
    public static long? LengthOf(string path)
    {
        if (!StorageLocation.IsRemote(path)) return new FileInfo(path) is { Exists: true } file ? file.Length : null;
        StorageLocation location = StorageLocation.Parse(path);
        foreach (StoredObject one in List(location.Parent.ToString(), location.Name))
        {
            if (one.Name == location.Name) return one.Length;
        }

        return null;
    }

    /// <summary>Whether there is such a file.</summary>
    public static bool Exists(string path) => StorageLocation.IsRemote(path) ? LengthOf(path) is not null : File.Exists(path);

    /// <summary>The length and hash of a file; null when it is missing.</summary>
    public static async Task<CheckpointFile?> TryHashAsync(string path, CancellationToken cancellationToken)
    {
        if (!StorageLocation.IsRemote(path)) return File.Exists(path) ? HashedFile.Read(path, cancellationToken) : null;
        StorageLocation location = StorageLocation.Parse(path);
        await using HashingStream content = new();
        try
        {
            await ObjectFolder.Open(location.Parent).DownloadAsync(location.Name, content, cancellationToken);
            return content.Describe(location.Name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
