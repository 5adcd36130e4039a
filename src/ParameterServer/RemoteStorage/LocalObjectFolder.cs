namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>A folder of a local or shared file system; an object is written beside its place and renamed.</summary>
/// <param name="location">Where it is; made by the first put.</param>
sealed class LocalObjectFolder(StorageLocation location) : IObjectFolder
{
    const string Temporary = ".tmp-";
    const int BufferBytes = 1 << 20;

    /// <inheritdoc/>
    public StorageLocation Location => location;

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        WriteAsync(name, async (temporary, token) => await File.WriteAllBytesAsync(temporary, content, token), cancellationToken);

    /// <inheritdoc/>
    public Task UploadAsync(string path, string name, CancellationToken cancellationToken) => WriteAsync(
        name,
        async (temporary, token) =>
        {
            await using FileStream source = Read(path);
            await using FileStream target = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true);
            await source.CopyToAsync(target, BufferBytes, token);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]?> TryGetAsync(string name, CancellationToken cancellationToken, int maxLength = ObjectFolder.MaxSmallLength)
    {
        string path = PathOf(name);
        try
        {
            long length = new FileInfo(path).Length;
            if (length > maxLength) throw ObjectFolder.TooLarge(location.Below(name), length, maxLength);
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<long> DownloadAsync(string name, Stream target, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream source = Read(PathOf(name));
            await source.CopyToAsync(target, BufferBytes, cancellationToken);
            return source.Position;
        }
        catch (DirectoryNotFoundException error)
        {
            throw new FileNotFoundException(error.Message, PathOf(name), error);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredObject>> ListAsync(string prefix, CancellationToken cancellationToken) => Task.Run<IReadOnlyList<StoredObject>>(
        () => !Directory.Exists(location.Path)
            ? []
            : [.. Files(new DirectoryInfo(location.Path), "", prefix).OrderBy(one => one.Name, StringComparer.Ordinal)],
        cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => Task.Run(() => Delete(PathOf(name)), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAllAsync(CancellationToken cancellationToken) => Task.Run(() => Delete(location.Path), cancellationToken);

    static FileStream Read(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);

    // Folders that can't hold such names are left out.
    static IEnumerable<StoredObject> Files(DirectoryInfo folder, string start, string prefix)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            string name = start + entry.Name;
            bool fits = name.StartsWith(prefix, StringComparison.Ordinal);
            if (entry is DirectoryInfo below && (fits || prefix.StartsWith(name + "/", StringComparison.Ordinal)))
            {
                foreach (StoredObject one in Files(below, name + "/", prefix)) yield return one;
            }
            else if (entry is FileInfo file && fits && !entry.Name.Contains(Temporary, StringComparison.Ordinal) && TryDescribe(name, file) is { } found)
            {
                yield return found;
            }
        }
    }

    // A file may go away while a folder is listed.
    static StoredObject? TryDescribe(string name, FileInfo file)
    {
        try
        {
            return new StoredObject(name, file.Length);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    static void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // It is gone already.
        }
    }

    async Task WriteAsync(string name, Func<string, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = $"{path}{Temporary}{Guid.NewGuid():N}";
        try
        {
            await write(temporary, cancellationToken);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    string PathOf(string name)
    {
        ObjectFolder.RequireName(name);
        return location.Below(name).Path;
    }
}
