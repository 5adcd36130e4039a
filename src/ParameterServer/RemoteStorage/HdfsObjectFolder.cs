using System.Text.Json;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>A folder of HDFS, by WebHDFS. A file is written beside its place and renamed over what was there.</summary>
/// <param name="location">The folder; made by the first put.</param>
/// <param name="settings">How HDFS is reached.</param>
sealed class HdfsObjectFolder(StorageLocation location, WebHdfsSettings settings) : IObjectFolder
{
    const string Temporary = ".tmp-";
    const int BufferBytes = 1 << 18;
    const int ResumedReads = 4;

    readonly WebHdfsClient _client = new(settings);

    /// <inheritdoc/>
    public StorageLocation Location => location;

    /// <inheritdoc/>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        byte[] bytes = content.ToArray();
        await WriteAsync(name, bytes.Length, () => new MemoryStream(bytes, writable: false), cancellationToken);
    }

    /// <inheritdoc/>
    public Task UploadAsync(string path, string name, CancellationToken cancellationToken) => WriteAsync(
        name,
        new FileInfo(path).Length,
        () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan),
        cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]?> TryGetAsync(string name, CancellationToken cancellationToken, int maxLength = ObjectFolder.MaxSmallLength)
    {
        using MemoryStream target = new();
        try
        {
            await DownloadAsync(name, target, maxLength, cancellationToken);
            return target.ToArray();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<long> DownloadAsync(string name, Stream target, CancellationToken cancellationToken) =>
        DownloadAsync(name, target, long.MaxValue, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredObject>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        List<StoredObject> found = [];
        Stack<string> folders = new([""]);
        while (folders.TryPop(out string? folder))
        {
            StorageLocation place = folder.Length == 0 ? location : location.Below(folder);
            if (await _client.CallAsync(place, "listing", HttpMethod.Get, "op=LISTSTATUS", cancellationToken) is not { } answer) continue;
            foreach (JsonElement one in answer.GetProperty("FileStatuses").GetProperty("FileStatus").EnumerateArray())
            {
                string suffix = one.GetProperty("pathSuffix").GetString()!;
                // Of a file itself, whose status has no name.
                if (suffix.Length == 0) continue;
                string name = folder.Length == 0 ? suffix : $"{folder}/{suffix}";
                if (one.GetProperty("type").GetString() == "DIRECTORY")
                {
                    if (name.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(name + "/", StringComparison.Ordinal)) folders.Push(name);
                }
                else if (name.StartsWith(prefix, StringComparison.Ordinal) && !suffix.Contains(Temporary, StringComparison.Ordinal))
                {
                    found.Add(new StoredObject(name, one.GetProperty("length").GetInt64()));
                }
            }

            if (found.Count + folders.Count > ObjectFolder.MaxObjects)
                throw new StorageException($"listing '{location}' failed: expected at most {ObjectFolder.MaxObjects} files, found more. Name a folder of its own for the job");
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => DeleteAsync(PlaceOf(name), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAllAsync(CancellationToken cancellationToken) => DeleteAsync(location, cancellationToken);

    async Task DeleteAsync(StorageLocation place, CancellationToken cancellationToken) =>
        await _client.CallAsync(place, "deleting", HttpMethod.Delete, "op=DELETE&recursive=true", cancellationToken);

    StorageLocation PlaceOf(string name)
    {
        ObjectFolder.RequireName(name);
        return location.Below(name);
    }

    async Task WriteAsync(string name, long length, Func<Stream> open, CancellationToken cancellationToken)
    {
        StorageLocation target = PlaceOf(name), temporary = target.Parent.Below($".{target.Name}{Temporary}{Guid.NewGuid():N}");
        try
        {
            await _client.CreateAsync(temporary, length, open, cancellationToken);
            long found = await LengthOfAsync(temporary, cancellationToken) ?? -1;
            if (found != length) throw new StorageException($"writing '{target}' failed: HDFS has {found} of {length} bytes. Try again when HDFS is well");
            string query = $"op=RENAME&renameoptions=OVERWRITE&destination={Uri.EscapeDataString(target.Path)}";
            if (await _client.CallAsync(temporary, "renaming", HttpMethod.Put, query, cancellationToken) is null && await LengthOfAsync(target, cancellationToken) != length)
                throw new StorageException($"writing '{target}' failed: the written file is gone. Look for what else deletes files there");
        }
        catch
        {
            await TryDeleteAsync(temporary);
            throw;
        }
    }

    async Task<long?> LengthOfAsync(StorageLocation place, CancellationToken cancellationToken) =>
        await _client.CallAsync(place, "reading", HttpMethod.Get, "op=GETFILESTATUS", cancellationToken) is { } status
            ? status.GetProperty("FileStatus").GetProperty("length").GetInt64()
            : null;

    async Task TryDeleteAsync(StorageLocation place)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        await DeleteAsync(place, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task<long> DownloadAsync(string name, Stream target, long maxLength, CancellationToken cancellationToken)
    {
        StorageLocation source = PlaceOf(name);
        long length = await LengthOfAsync(source, cancellationToken) ?? throw Missing(source), done = 0;
        if (length > maxLength) throw ObjectFolder.TooLarge(source, length, maxLength);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ObjectFolder.LimitFor(length));
        for (int attempt = 0; done < length && attempt <= ResumedReads; attempt++)
        {
            try
            {
                using HttpResponseMessage response = await _client.OpenAsync(source, done, deadline.Token) ?? throw Missing(source);
                await using Stream content = await response.Content.ReadAsStreamAsync(deadline.Token);
                done += await CopyAsync(content, target, length - done, deadline.Token);
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                throw new StorageException($"reading '{source}' failed: {done} of {length} bytes came in time. Try again when HDFS and the network are less busy", error);
            }
        }

        if (done == length) return done;
        throw new StorageException($"reading '{source}' failed: WebHDFS ended the answer after {done} of {length} bytes, also when asked again. Try again when HDFS is well");
    }

    // What arrived counts, whatever ended it: the next request asks for the rest.
    static async Task<long> CopyAsync(Stream content, Stream target, long length, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        long received = 0;
        while (received < length)
        {
            int read;
            try
            {
                read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - received)), cancellationToken);
            }
            catch (Exception error) when (error is IOException or HttpRequestException)
            {
                break;
            }

            if (read == 0) break;
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            received += read;
        }

        return received;
    }

    static FileNotFoundException Missing(StorageLocation source) => new($"'{source}' is missing", source.ToString());
}
