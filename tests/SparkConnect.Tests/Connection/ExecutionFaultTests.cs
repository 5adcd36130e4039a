using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;
using MetaSpore.Spark.SparkConnect.Tests.Fakes;
using Xunit;
using Status = Grpc.Core.Status;

namespace MetaSpore.Spark.SparkConnect.Tests.Connection;

/// <summary>Streams that break, stop, fall silent or are cancelled.</summary>
public sealed class ExecutionFaultTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static readonly Command s_command = new() { SqlCommand = new() { Sql = "SET a=b" } };

    [Theory]
    [InlineData(StatusCode.Unavailable, "connection lost")]
    [InlineData(StatusCode.Internal, "[INVALID_CURSOR.DISCONNECTED] The cursor has been disconnected by the server.")]
    public async Task Command_StreamBreaks_GoesOnAfterTheLastResponse(StatusCode code, string detail)
    {
        FakeScript script = new();
        script.Stream = async (request, stream, _) =>
        {
            if (request is ExecutePlanRequest)
            {
                await stream.WriteAsync(Response("r1"), Token);
                throw new RpcException(new Status(code, detail));
            }

            await stream.WriteAsync(Result("r2", "SELECT 1"), Token);
            await stream.WriteAsync(Complete("r3"), Token);
        };
        Relation? result = await RunAsync(script);
        Assert.Equal("SELECT 1", result!.Sql.Query);
        Assert.Equal("r1", Assert.Single(script.Of<ReattachExecuteRequest>()).LastResponseId);
        ExecutePlanRequest first = Assert.Single(script.Of<ExecutePlanRequest>());
        Assert.True(first.RequestOptions[0].ReattachOptions.Reattachable);
        Assert.Equal(first.OperationId, script.Of<ReattachExecuteRequest>().Single().OperationId);
        Assert.Equal(first.OperationId, Assert.Single(script.Of<ReleaseExecuteRequest>(), release => release.ReleaseAll is not null).OperationId);
        Assert.Empty(script.Of<InterruptRequest>());
    }

    [Fact]
    public async Task Command_ServerRetryInfo_IsFollowed()
    {
        FakeScript script = new();
        script.Stream = async (request, stream, _) =>
        {
            if (request is ExecutePlanRequest) throw Failure("busy", new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)) });
            await stream.WriteAsync(Complete("r1"), Token);
        };
        await RunAsync(script);
        Assert.False(Assert.Single(script.Of<ReattachExecuteRequest>()).HasLastResponseId);
    }

    [Fact]
    public async Task Command_StreamFallsSilent_Reattaches()
    {
        FakeScript script = new();
        script.Stream = async (request, stream, end) =>
        {
            if (request is ExecutePlanRequest)
            {
                await stream.WriteAsync(Response("r1"), Token);
                await Task.Delay(Timeout.Infinite, end);
            }

            await stream.WriteAsync(Complete("r2"), Token);
        };
        await RunAsync(script, FakeScript.Quick with { Silence = TimeSpan.FromMilliseconds(300) });
        Assert.Equal("r1", script.Of<ReattachExecuteRequest>().First().LastResponseId);
    }

    [Fact]
    public async Task Command_ServerNeverGotThePlan_SendsItAgain()
    {
        int plans = 0;
        FakeScript script = new();
        script.Stream = async (request, stream, _) =>
        {
            if (request is ReattachExecuteRequest) throw SparkFailure("INVALID_HANDLE.OPERATION_NOT_FOUND");
            if (Interlocked.Increment(ref plans) == 1) throw new RpcException(new Status(StatusCode.Unavailable, "lost"));
            await stream.WriteAsync(Complete("r1"), Token);
        };
        await RunAsync(script);
        Assert.Equal(2, script.Of<ExecutePlanRequest>().Count());
        Assert.Single(script.Of<ExecutePlanRequest>().Select(request => request.OperationId).Distinct());
    }

    [Fact]
    public async Task Command_ServerForgotARunningOperation_Fails()
    {
        FakeScript script = new();
        script.Stream = async (request, stream, _) =>
        {
            if (request is ReattachExecuteRequest) throw SparkFailure("INVALID_HANDLE.OPERATION_NOT_FOUND");
            await stream.WriteAsync(Response("r1"), Token);
        };
        SparkException error = await Assert.ThrowsAsync<SparkException>(() => RunAsync(script));
        Assert.Equal("INVALID_HANDLE.OPERATION_NOT_FOUND", error.ErrorClass);
        Assert.Single(script.Of<ExecutePlanRequest>());
    }

    [Fact]
    public async Task Command_StreamsWithoutAnyResponse_FailsWithTheAddress()
    {
        FakeScript script = new() { Stream = (_, _, _) => Task.CompletedTask };
        SparkConnectException error = await Assert.ThrowsAsync<SparkConnectException>(() => RunAsync(script));
        Assert.Matches(@"^sc://127\.0\.0\.1:\d+ ended the stream of operation [0-9a-f-]{36} again and again without a result\. Check the server's log\.$", error.Message);
    }

    [Fact]
    public async Task Command_Cancelled_InterruptsThenReleases()
    {
        TaskCompletionSource running = new();
        FakeScript script = new();
        script.Stream = async (_, stream, end) =>
        {
            await stream.WriteAsync(Response("r1"), Token);
            running.SetResult();
            await Task.Delay(Timeout.Infinite, end);
        };
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(script);
        await using SparkSession spark = await server.ConnectAsync();
        Task<Relation?> command = spark.CommandAsync(s_command, [], null, cancel.Token);
        await running.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        OperationCanceledException error = await Assert.ThrowsAsync<OperationCanceledException>(() => command);
        Assert.Equal(cancel.Token, error.CancellationToken);
        string operation = script.Of<ExecutePlanRequest>().Single().OperationId;
        IMessage[] after = [.. script.Requests.Where(request => request is InterruptRequest or ReleaseExecuteRequest { ReleaseAll: not null })];
        Assert.Equal(operation, Assert.IsType<InterruptRequest>(after[0]).OperationId);
        Assert.Equal(operation, Assert.IsType<ReleaseExecuteRequest>(after[1]).OperationId);
    }

    [Fact]
    public async Task Requests_AfterTheFirstAnswer_CarryTheServersSession()
    {
        FakeScript script = new()
        {
            Answer = request => request is AnalyzePlanRequest ? new AnalyzePlanResponse { ServerSideSessionId = "s-1", SparkVersion = new() { Version = "4.3.0" } } : null,
            Stream = (_, stream, end) => stream.WriteAsync(Complete("r1"), end),
        };
        await RunAsync(script);
        Assert.Equal("s-1", script.Of<ExecutePlanRequest>().Single().ClientObservedServerSideSessionId);
        Assert.Matches(@"^metaspore-spark/\d+\.\d+\.\d+ dotnet/", script.Of<ExecutePlanRequest>().Single().ClientType);
    }

    [Fact]
    public async Task Token_OnLoopback_IsSentAsBearer()
    {
        FakeScript script = new();
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(script);
        await using SparkSession spark = await SparkSession.Builder().Remote($"sc://localhost:{server.Port}/;token=abc;x-tenant=t1").CreateAsync(Token);
        Assert.Equal("Bearer abc", script.Headers!.GetValue("authorization"));
        Assert.Equal("t1", script.Headers!.GetValue("x-tenant"));
    }

    [Fact]
    public async Task AddArtifact_OfSeveralChunks_SendsThemWithTheirChecksums()
    {
        FakeScript script = new();
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(script);
        await using SparkSession spark = await server.ConnectAsync();
        byte[] content = new byte[(2 << 20) + 5];
        new Random(3).NextBytes(content);
        await spark.AddArtifactAsync("files/x", new MemoryStream(content), Token);
        await spark.AddArtifactAsync("files/x", new MemoryStream(content), Token);
        AddArtifactsRequest[] sent = [.. script.Of<AddArtifactsRequest>()];
        Assert.Equal(3, sent.Length);
        Assert.Equal(("files/x", content.Length, 3L), (sent[0].BeginChunk.Name, sent[0].BeginChunk.TotalBytes, sent[0].BeginChunk.NumChunks));
        AddArtifactsRequest.Types.ArtifactChunk[] chunks = [sent[0].BeginChunk.InitialChunk, sent[1].Chunk, sent[2].Chunk];
        Assert.Equal(content, chunks.SelectMany(chunk => chunk.Data.ToByteArray()));
        Assert.All(chunks, chunk => Assert.Equal(SlowCrc32(chunk.Data.Span), chunk.Crc));
    }

    [Fact]
    public async Task AddArtifact_ChecksumFailed_SaysWhichWasDropped()
    {
        FakeScript script = new()
        {
            Answer = request => request is AddArtifactsRequest
                ? new AddArtifactsResponse { Artifacts = { new AddArtifactsResponse.Types.ArtifactSummary { Name = "files/x" } } } : null,
        };
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(script);
        await using SparkSession spark = await server.ConnectAsync();
        SparkConnectException error = await Assert.ThrowsAsync<SparkConnectException>(() => spark.AddArtifactAsync("files/x", new MemoryStream([1]), Token));
        Assert.Contains("The artifact 'files/x' reached sc://127.0.0.1:", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("with a wrong checksum and was dropped. Send it again.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_NothingListens_SaysAddressAndWhatToCheck()
    {
        ConnectionString nobody = new() { Host = "127.0.0.1", Port = 1 };
        SparkConnectException error = await Assert.ThrowsAsync<SparkConnectException>(() => SparkSession.ConnectAsync(nobody, FakeScript.Quick, null, Token));
        Assert.StartsWith("sc://127.0.0.1:1 can't be reached: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Check that a Spark Connect server runs there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_TokenRefused_SaysWhichSettingToGive()
    {
        FakeScript script = new() { Answer = _ => throw new RpcException(new Status(StatusCode.Unauthenticated, "Invalid authentication token")) };
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(script);
        SparkConnectException error = await Assert.ThrowsAsync<SparkConnectException>(() => server.ConnectAsync());
        Assert.Contains("refused the token: Invalid authentication token. Give the server's spark.connect.authenticate.token", error.Message, StringComparison.Ordinal);
    }

    static async Task<Relation?> RunAsync(FakeScript script, ConnectionTimes? times = null)
    {
        await using FakeConnectServer server = await FakeConnectServer.StartAsync(script);
        await using SparkSession spark = await server.ConnectAsync(times);
        return await spark.CommandAsync(s_command, [], null, Token);
    }

    static ExecutePlanResponse Response(string id) => new() { ResponseId = id, ExecutionProgress = new() };

    static ExecutePlanResponse Complete(string id) => new() { ResponseId = id, ResultComplete = new() };

    static ExecutePlanResponse Result(string id, string query) => new() { ResponseId = id, SqlCommandResult = new() { Relation = new Relation { Sql = new() { Query = query } } } };

    static RpcException SparkFailure(string errorClass) => Failure($"[{errorClass}] text", new ErrorInfo
    {
        Domain = "org.apache.spark",
        Reason = "org.apache.spark.SparkSQLException",
        Metadata = { ["errorClass"] = errorClass, ["classes"] = "[\"org.apache.spark.SparkSQLException\"]" },
    });

    static RpcException Failure(string message, IMessage detail) =>
        new Google.Rpc.Status { Code = (int)StatusCode.Internal, Message = message, Details = { Any.Pack(detail) } }.ToRpcException();

    static uint SlowCrc32(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in data)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
