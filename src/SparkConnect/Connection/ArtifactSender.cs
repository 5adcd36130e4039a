using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Sends artifacts of one session, each content of a name once. Thread-safe.</summary>
sealed class ArtifactSender(ConnectClient client)
{
    const int ChunkBytes = 1 << 20;

    // Hash of the content by name.
    readonly ConcurrentDictionary<string, string> _sent = [];

    /// <summary>Sends the blocks that the server lacks.</summary>
    public async Task SendAsync(IReadOnlyList<LocalBlock> blocks, CancellationToken cancellationToken)
    {
        foreach (LocalBlock block in blocks)
        {
            string name = $"cache/{block.Hash}";
            if (_sent.ContainsKey(name)) continue;
            if (!await ExistsAsync(name, cancellationToken))
            {
                using MemoryStream content = new(block.Bytes.ToByteArray());
                await UploadAsync(name, content, cancellationToken);
            }

            _sent[name] = block.Hash;
        }
    }

    /// <summary>Sends one artifact.</summary>
    public async Task SendAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!content.CanSeek) throw new ArgumentException("The content must be seekable: its length is sent first, and a broken call is repeated.", nameof(content));
        long start = content.Position;
        string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        if (_sent.TryGetValue(name, out string? before))
        {
            if (before == hash) return;
            throw new SparkException(OtherContent(name));
        }

        content.Position = start;
        await UploadAsync(name, content, cancellationToken);
        _sent[name] = hash;
    }

    async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        ArtifactStatusesRequest request = new() { SessionId = client.SessionId, UserContext = client.User, ClientType = client.ClientType, Names = { name } };
        if (client.ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
        ArtifactStatusesResponse response = await client.CallAsync(
            async options => await client.Stub.ArtifactStatusAsync(request, options), client.Times.Call, client.Times.Retries, cancellationToken);
        client.Observe(response.ServerSideSessionId);
        return response.Statuses.TryGetValue(name, out ArtifactStatusesResponse.Types.ArtifactStatus? status) && status.Exists;
    }

    async Task UploadAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        long start = content.Position;
        AddArtifactsResponse response;
        try
        {
            response = await client.CallAsync(options =>
            {
                content.Position = start;
                return StreamAsync(name, content, options, cancellationToken);
            }, client.Times.LongCall, client.Times.Retries, cancellationToken);
        }
        catch (SparkException error) when (IsThereAlready(error))
        {
            throw new SparkException($"{OtherContent(name)} Spark says: {error.Message}", error);
        }

        client.Observe(response.ServerSideSessionId);
        if (response.Artifacts.FirstOrDefault(artifact => !artifact.IsCrcSuccessful) is { } damaged)
            throw new SparkConnectException($"The artifact '{damaged.Name}' reached {client.Address} with a wrong checksum and was dropped. Send it again.");
    }

    static string OtherContent(string name) =>
        $"The session has an artifact '{name}' with another content. Put a hash of the content into the name, and send it under that.";

    static bool IsThereAlready(SparkException error) =>
        error.ErrorClass?.StartsWith("ARTIFACT_ALREADY_EXISTS", StringComparison.Ordinal) == true
        || error.Message.Contains("Duplicate Artifact", StringComparison.Ordinal);

    async Task<AddArtifactsResponse> StreamAsync(string name, Stream content, CallOptions options, CancellationToken cancellationToken)
    {
        using AsyncClientStreamingCall<AddArtifactsRequest, AddArtifactsResponse> call = client.Stub.AddArtifacts(options);
        try
        {
            await WriteAsync(name, content, call.RequestStream, cancellationToken);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException && call.ResponseAsync.IsFaulted)
        {
            // The server has answered before the end: its answer tells more.
            return await call.ResponseAsync;
        }

        return await call.ResponseAsync;
    }

    async Task WriteAsync(string name, Stream content, IClientStreamWriter<AddArtifactsRequest> stream, CancellationToken cancellationToken)
    {
        long total = content.Length - content.Position;
        long chunks = Math.Max(1, (total + ChunkBytes - 1) / ChunkBytes);
        byte[] buffer = new byte[Math.Min(ChunkBytes, Math.Max(total, 1))];
        for (long i = 0; i < chunks; i++)
        {
            int read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            AddArtifactsRequest.Types.ArtifactChunk chunk = new() { Data = ByteString.CopyFrom(buffer, 0, read), Crc = Crc32.HashToUInt32(buffer.AsSpan(0, read)) };
            AddArtifactsRequest request = new() { SessionId = client.SessionId, UserContext = client.User, ClientType = client.ClientType };
            if (client.ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
            if (chunks == 1)
                request.Batch = new() { Artifacts = { new AddArtifactsRequest.Types.SingleChunkArtifact { Name = name, Data = chunk } } };
            else if (i == 0)
                request.BeginChunk = new() { Name = name, TotalBytes = total, NumChunks = chunks, InitialChunk = chunk };
            else
                request.Chunk = chunk;
            await stream.WriteAsync(request, cancellationToken);
        }
    }
}
