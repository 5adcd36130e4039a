using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>A file of a checkpoint as a local one: itself, or a temporary copy of a remote one, deleted when disposed.</summary>
sealed class FetchedFile : IDisposable
{
    readonly string _source;
    readonly TemporaryFolder? _folder;

    FetchedFile(string source, string path, TemporaryFolder? folder)
    {
        _source = source;
        Path = path;
        _folder = folder;
    }

    /// <summary>The local file; of a missing remote file none.</summary>
    public string Path { get; }

    /// <summary>Gets a file.</summary>
    /// <param name="path">A full path or an address.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <exception cref="IOException">It can't be read, or there is no space for it.</exception>
    public static FetchedFile Of(string path, CancellationToken cancellationToken = default)
    {
        if (!StorageLocation.IsRemote(path)) return new FetchedFile(path, path, null);
        StorageLocation location = StorageLocation.Parse(path);
        TemporaryFolder folder = new();
        string copy = System.IO.Path.Combine(folder.Path, location.Name);
        try
        {
            CheckpointFiles.Wait(() => FetchAsync(location, copy, cancellationToken));
            return new FetchedFile(path, copy, folder);
        }
        catch (FileNotFoundException)
        {
            // Who opens the file says what is missing.
            return new FetchedFile(path, copy, folder);
        }
        catch (IOException error) when (error is not StorageException)
        {
            folder.Dispose();
            throw folder.Explain(error);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Reads it, with the address in messages in place of the copy's path.</summary>
    /// <exception cref="BadInputException">What <paramref name="read"/> throws.</exception>
    public T Read<T>(Func<string, T> read)
    {
        try
        {
            return read(Path);
        }
        catch (BadInputException error) when (_folder is not null)
        {
            throw new BadInputException(error.Message.Replace(Path, _source, StringComparison.Ordinal), error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder?.Dispose();

    static async Task<bool> FetchAsync(StorageLocation location, string copy, CancellationToken cancellationToken)
    {
        string partial = copy + ".part";
        await using (FileStream target = new(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true))
            await ObjectFolder.Open(location.Parent).DownloadAsync(location.Name, target, cancellationToken);
        File.Move(partial, copy);
        return true;
    }
}
