using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Spark;
using MetaSpore.Spark.Udfs.Tests.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>Handshakes, damaged requests and the end of processes.</summary>
public sealed class DaemonTests(ITestOutputHelper output)
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    static readonly SparkTaskFactory s_identity = FunctionTask.Of(FunctionTask.Identity);

    [Fact]
    [Trait("Category", Golden.Category)]
    public async Task SingleTaskWorker_Handshake_IsTheRecordedOne()
    {
        byte[] sent = Capture.Read("4.3.0", "simple.in.bin"), recorded = Capture.Read("4.3.0", "simple.out.bin");
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        string secret = Encoding.UTF8.GetString(recorded.AsSpan(4, recorded.Length - 8));
        SparkWorkerOptions options = new()
        {
            TagPrefix = "ms1",
            Output = Stream.Null,
            Environment = new Dictionary<string, string>
            {
                ["PYTHON_WORKER_FACTORY_SECRET"] = secret,
                ["PYTHON_WORKER_FACTORY_PORT"] = $"{((IPEndPoint)listener.LocalEndPoint!).Port}",
            },
        };
        Task<int> run = SparkWorker.RunAsync(["-m", "pyspark.worker"], s_identity, options);
        using Socket socket = await listener.AcceptAsync().WaitAsync(s_patience);
        using NetworkStream connection = new(socket);

        byte[] received = new byte[recorded.Length];
        await connection.ReadExactlyAsync(received.AsMemory(0, recorded.Length - 4));
        await connection.WriteAsync(sent);
        await connection.ReadExactlyAsync(received.AsMemory(recorded.Length - 4));
        Assert.Equal(recorded.AsSpan(0, recorded.Length - 4), received.AsSpan(0, recorded.Length - 4));
        Assert.Equal(Environment.ProcessId, BinaryPrimitives.ReadInt32BigEndian(received.AsSpan(recorded.Length - 4)));

        await connection.WriteAsync(new TaskBytes().ToArray());
        Assert.Equal(5, Reply.Read(connection, 6).Rows.Count);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await run.WaitAsync(s_patience));
    }

    [Fact]
    public async Task UnixSocket_OfADaemon_ServesWithoutSecretAndIsRemoved()
    {
        using TempFolder folder = new();
        string path;
        await using (FakeSpark spark = new(s_identity, hasUnixSockets: true, folder: folder.Path))
        {
            path = spark.SocketPath!;
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            using NetworkStream connection = spark.Connect();
            await connection.WriteAsync(new TaskBytes().ToArray());
            Assert.Equal(5, Reply.Read(connection, 6).Rows.Count);
        }

        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("74cf6a2681800f85630dfbb96413c50133af65ebd410c4fe299e269f1427d62b")]
    [InlineData("")]
    public async Task WrongSecret_IsRefused(string secret)
    {
        await using FakeSpark spark = new(s_identity);
        using NetworkStream connection = spark.Dial();
        _ = Reply.Int32(connection);
        await connection.WriteAsync(FakeSpark.Utf(secret));
        Assert.Equal("err", Reply.Text(connection));
        Assert.Equal(-1, connection.ReadByte());
    }

    [Theory]
    [InlineData("3.11", "the task is tagged \"3.11\" where \"ms1;spark=<version>\" was expected")]
    [InlineData("ms1;spark=5.0", "the task is tagged \"ms1;spark=5.0\": known are Spark 3.5, 4.0, 4.1, 4.2, 4.3 and later 4.x")]
    [InlineData("ms1;spark=4.2", "the header is framed, but the task is tagged as one of Spark 4.2")]
    public async Task Tag_ThatDoesNotFit_IsToldToSpark(string tag, string expected)
    {
        Reply reply = await AskAsync(new TaskBytes { Tag = tag }.ToArray());
        Assert.Contains("\"rank\":-1,\"type\":\"MetaSpore.Spark.Udfs.Spark.SparkProtocolException\",\"kind\":\"failure\"}\n" + expected, reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tag_OfALaterSpark4_IsReadAs43()
    {
        Reply reply = await AskAsync(new TaskBytes { Tag = "ms1;spark=4.9" }.ToArray());
        Assert.Equal(5, reply.Rows.Count);
    }

    [Theory]
    [InlineData(-8, int.MaxValue, "Spark's header of a task is 2147483647 where a length from 0 to 134217728 was expected")]
    [InlineData(-8, -1, "Spark's header of a task is -1 where a length from 0 to 134217728 was expected")]
    [InlineData(-9, 0, "a task begins with -9 where its partition's index or -8 was expected")]
    [InlineData(0, 1 << 20, "Spark's version tag is 1048576 where a length from 0 to 4096 was expected")]
    public async Task Lengths_ThatCanNotBe_AreToldToSpark(int first, int second, string expected)
    {
        Reply reply = await AskAsync([.. FakeSpark.Int32(first), .. FakeSpark.Int32(second)]);
        Assert.Contains(expected, reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ArrowLength_ThatCanNotBe_IsToldToSpark()
    {
        Reply reply = await AskAsync([.. new TaskBytes().Header(), 255, 255, 255, 255, 255, 255, 255, 127]);
        Assert.Contains("a message that begins with FFFFFFFF and a length of 2147483647 where FFFFFFFF and 0 to 67108864 were expected", reply.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task DamagedRequests_OfAnyKind_LeaveTheDaemonServing(int seed)
    {
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        byte[] good = new TaskBytes().ToArray();
        await using FakeSpark spark = new(s_identity, new SparkWorkerOptions { TagPrefix = "ms1", CloseTimeout = TimeSpan.FromSeconds(1) });
        for (int i = 0; i < 50; i++)
        {
            byte[] bad = [.. good];
            for (int changes = random.Next(1, 4); changes > 0; changes--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            using NetworkStream connection = spark.Connect();
            await connection.WriteAsync(bad.AsMemory(0, random.Next(bad.Length + 1)));
        }

        using NetworkStream after = spark.Connect();
        await after.WriteAsync(good);
        Assert.Equal(5, Reply.Read(after, 6).Rows.Count);
    }

    [Fact]
    public async Task ManyConnections_AtOnce_AreAllServed()
    {
        const int Count = 64;
        using Barrier together = new(Count);
        await using FakeSpark spark = new(FunctionTask.Of((context, input) =>
        {
            together.SignalAndWait(s_patience);
            return FunctionTask.Identity(context, input);
        }));
        NetworkStream[] connections = [.. Enumerable.Range(0, Count).Select(_ => spark.Connect())];
        for (int i = 0; i < Count; i++) await connections[i].WriteAsync(new TaskBytes { Partition = i, Batches = [TaskBytes.Numbers(i, 2)] }.ToArray());
        for (int i = 0; i < Count; i++) Assert.Equal([$"{{{i}}}", $"{{{i + 1}}}"], Reply.Read(connections[i], 6).Rows);
        foreach (NetworkStream connection in connections) await connection.DisposeAsync();
    }

    [Fact]
    public async Task KillRequests_ForTheSharedProcess_AreIgnored()
    {
        await using FakeSpark spark = new(s_identity);
        spark.WriteInput([.. FakeSpark.Int32(Environment.ProcessId), .. FakeSpark.Int32(Environment.ProcessId)]);
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync(new TaskBytes().ToArray());
        Assert.Equal(5, Reply.Read(connection, 6).Rows.Count);
    }

    [Fact]
    public async Task IdleDaemon_EndsWhenNothingElseNeedsTheProcess()
    {
        int asked = 0;
        SparkWorkerOptions options = new() { TagPrefix = "ms1", IdleTimeout = TimeSpan.FromMilliseconds(80), MayExit = () => Interlocked.Increment(ref asked) > 3 };
        await using FakeSpark spark = new(s_identity, options);
        Assert.Equal(0, await spark.Ended.WaitAsync(s_patience));
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task LookupOfDataSources_FindsNone()
    {
        await using FakeSpark spark = new(s_identity, arguments: ["-m", "pyspark.daemon", "pyspark.sql.worker.lookup_data_sources"]);
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync((byte[])[.. FakeSpark.Utf("3.11"), .. FakeSpark.Utf("/files"), .. FakeSpark.Int32(1), .. FakeSpark.Utf("a.zip"), 0, .. FakeSpark.Int32(0), .. FakeSpark.Int32(-4)]);
        Assert.Equal((0, 0, -4), (Reply.Int32(connection), Reply.Int32(connection), Reply.Int32(connection)));
    }

    [Fact]
    public async Task OtherModules_AreRefusedWithTheirName()
    {
        await using FakeSpark spark = new(s_identity, arguments: ["-m", "pyspark.daemon", "pyspark.sql.worker.analyze_udtf"]);
        using NetworkStream connection = spark.Connect();
        Assert.Contains("the Python module pyspark.sql.worker.analyze_udtf was asked of MetaSpore's worker", Reply.Read(connection, 6).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnifiedExecution_IsRefusedWithExitCode2()
    {
        StringWriter error = new();
        SparkWorkerOptions options = new() { Output = Stream.Null, Error = error, Environment = new Dictionary<string, string> { ["PYTHON_WORKER_UNIFIED_EXECUTION_ENABLED"] = "YES" } };
        Assert.Equal(2, await SparkWorker.RunAsync(["-m", "pyspark.worker"], s_identity, options));
        Assert.Contains("set spark.sql.execution.udf.unified.execution.enabled=false", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_IsOneLine()
    {
        using MemoryStream text = new();
        Assert.Equal(0, await SparkWorker.RunAsync(["-VV"], s_identity, new SparkWorkerOptions { Output = text }));
        Assert.Matches(@"^MetaSpore\.Spark \S+\n$", Encoding.UTF8.GetString(text.ToArray()));
    }

    static async Task<Reply> AskAsync(byte[] request)
    {
        await using FakeSpark spark = new(s_identity);
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync(request);
        return Reply.Read(connection, 6);
    }
}
