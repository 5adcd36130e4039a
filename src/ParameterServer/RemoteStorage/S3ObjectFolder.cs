using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>A prefix of a bucket. A put is one object of S3, which appears whole; long files are sent in parts.</summary>
/// <param name="location">The prefix.</param>
/// <param name="settings">How the store is reached.</param>
sealed class S3ObjectFolder(StorageLocation location, S3Settings settings) : IObjectFolder
{
    const int MaxParts = 9000;
    const int ConcurrentParts = 4;
    const int DeleteBatch = 1000;
    const int BufferBytes = 1 << 18;
    const int ResumedReads = 4;

    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public StorageLocation Location => location;

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageLocation target = PlaceOf(name);
        return RunAsync(target, "writing", ObjectFolder.LimitFor(content.Length), async token =>
        {
            using MemoryStream stream = new(content.ToArray(), writable: false);
            return await settings.Client().PutObjectAsync(new PutObjectRequest { BucketName = location.Authority, Key = target.Path, InputStream = stream }, token);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task UploadAsync(string path, string name, CancellationToken cancellationToken)
    {
        StorageLocation target = PlaceOf(name);
        long length = new FileInfo(path).Length;
        return RunAsync(target, "writing", ObjectFolder.LimitFor(length), async token =>
        {
            TransferUtilityConfig parts = new() { MinSizeBeforePartUpload = settings.MultipartBytes, ConcurrentServiceRequests = ConcurrentParts };
            using TransferUtility transfer = new(settings.Client(), parts);
            await transfer.UploadAsync(
                new TransferUtilityUploadRequest
                {
                    BucketName = location.Authority,
                    Key = target.Path,
                    FilePath = path,
                    PartSize = Math.Max(settings.MultipartBytes, length / MaxParts),
                },
                token);
            return 0;
        }, cancellationToken);
    }

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
    public Task<IReadOnlyList<StoredObject>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        ListKeysAsync(location.Path.Length == 0 ? prefix : $"{location.Path}/{prefix}", cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        StorageLocation target = PlaceOf(name);
        string[] below = [.. (await ListKeysAsync(target.Path + "/", cancellationToken)).Select(one => one.Name)];
        await DeleteKeysAsync(target, [name, .. below], cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DeleteAllAsync(CancellationToken cancellationToken) =>
        await DeleteKeysAsync(location, [.. (await ListAsync("", cancellationToken)).Select(one => one.Name)], cancellationToken);

    Task<T> RunAsync<T>(StorageLocation target, string what, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        S3Faults.RunAsync(target, what, settings, limit, call, cancellationToken);

    StorageLocation PlaceOf(string name)
    {
        ObjectFolder.RequireName(name);
        return location.Below(name);
    }

    async Task<long> DownloadAsync(string name, Stream target, long maxLength, CancellationToken cancellationToken)
    {
        StorageLocation source = PlaceOf(name);
        long done = 0;
        string? version = null;
        for (int attempt = 0; ; attempt++)
        {
            using GetObjectResponse response = await GetAsync(source, done, version, cancellationToken);
            version ??= response.ETag;
            long length = done + response.ContentLength;
            if (length > maxLength) throw ObjectFolder.TooLarge(source, length, maxLength);
            (long received, Exception? fault) = await CopyAsync(response, target, ObjectFolder.LimitFor(response.ContentLength), cancellationToken);
            done += received;
            if (fault is null && done == length) return done;
            if (fault is null or IOException or HttpRequestException && attempt < ResumedReads) continue;
            string what = fault is Amazon.Runtime.AmazonClientException ? $"what {settings.Place} sent does not match its checksum" : $"{settings.Place} ended the answer after {done} of {length} bytes, also when asked again";
            throw new StorageException($"reading '{source}' failed: {what}. Try again when the store and the network are well", fault);
        }
    }

    Task<GetObjectResponse> GetAsync(StorageLocation source, long start, string? version, CancellationToken cancellationToken)
    {
        GetObjectRequest request = new() { BucketName = location.Authority, Key = source.Path };
        if (start > 0)
        {
            request.ByteRange = new ByteRange(start, long.MaxValue);
            request.EtagToMatch = version;
        }

        return RunAsync(source, "reading", s_limit, async token =>
        {
            try
            {
                return await settings.Client().GetObjectAsync(request, token);
            }
            catch (AmazonS3Exception error) when (S3Faults.IsMissing(error))
            {
                throw new FileNotFoundException($"'{source}' is missing", source.ToString(), error);
            }
        }, cancellationToken);
    }

    // What arrived counts: the next request asks for the rest.
    static async Task<(long Received, Exception? Fault)> CopyAsync(GetObjectResponse response, Stream target, TimeSpan limit, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        byte[] buffer = new byte[BufferBytes];
        long received = 0;
        while (true)
        {
            int read;
            try
            {
                read = await response.ResponseStream.ReadAsync(buffer, deadline.Token);
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                return (received, new TimeoutException($"no end within {limit.TotalSeconds:0} s", error));
            }
            catch (Exception error) when (error is IOException or HttpRequestException or Amazon.Runtime.AmazonClientException)
            {
                return (received, error);
            }

            if (read == 0) return (received, null);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            received += read;
        }
    }

    Task<IReadOnlyList<StoredObject>> ListKeysAsync(string prefix, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<StoredObject>>(location, "listing", ObjectFolder.LimitFor(0), async token =>
        {
            int skip = location.Path.Length == 0 ? 0 : location.Path.Length + 1;
            List<StoredObject> found = [];
            string? next = null;
            do
            {
                ListObjectsV2Response page = await settings.Client().ListObjectsV2Async(
                    new ListObjectsV2Request { BucketName = location.Authority, Prefix = prefix, ContinuationToken = next }, token);
                foreach (S3Object one in page.S3Objects ?? [])
                {
                    // Consoles make empty objects that stand for folders.
                    if (!one.Key.EndsWith('/')) found.Add(new StoredObject(one.Key[skip..], one.Size ?? 0));
                }

                if (found.Count > ObjectFolder.MaxObjects)
                    throw new StorageException($"listing '{location}' failed: expected at most {ObjectFolder.MaxObjects} objects, found more. Name a folder of its own for the job");
                next = page.IsTruncated == true ? page.NextContinuationToken : null;
            }
            while (next is not null);
            found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            return found;
        }, cancellationToken);

    async Task DeleteKeysAsync(StorageLocation target, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (string[] batch in names.Chunk(DeleteBatch))
        {
            List<KeyVersion> keys = [.. batch.Select(name => new KeyVersion { Key = location.Below(name).Path })];
            await RunAsync(target, "deleting", s_limit, async token =>
            {
                try
                {
                    return await settings.Client().DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = location.Authority, Objects = keys, Quiet = true }, token);
                }
                catch (DeleteObjectsException error) when (error.Response.DeleteErrors is [{ } first, ..])
                {
                    System.Net.HttpStatusCode status = first.Code == "AccessDenied" ? System.Net.HttpStatusCode.Forbidden : System.Net.HttpStatusCode.InternalServerError;
                    throw new AmazonS3Exception($"{first.Key}: {first.Message}", Amazon.Runtime.ErrorType.Unknown, first.Code, error.Response.ResponseMetadata.RequestId, status);
                }
            }, cancellationToken);
        }
    }
}
