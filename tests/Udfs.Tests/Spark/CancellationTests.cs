using System.Net.Sockets;
using MetaSpore.Spark.Udfs.Spark;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>Spark gives a task up by closing its connection.</summary>
public sealed class CancellationTests
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_WhileATaskComputes_CancelsIt(bool hasUnreadInput)
    {
        TaskCompletionSource started = New(), cancelled = New();
        SparkTaskFactory tasks = FunctionTask.Of((context, input) =>
        {
            if (!hasUnreadInput)
                while (input.Read() is not null)
                {
                }

            started.SetResult();
            if (context.Cancellation.WaitHandle.WaitOne(s_patience)) cancelled.SetResult();
            context.Cancellation.ThrowIfCancellationRequested();
            return [];
        });
        await using FakeSpark spark = new(tasks);
        using (NetworkStream connection = spark.Connect())
        {
            // Small enough for the sockets' buffers: the end of a connection comes behind its data.
            await connection.WriteAsync(new TaskBytes { Batches = [.. Enumerable.Range(0, 20).Select(i => TaskBytes.Numbers(i, 50))] }.ToArray());
            await started.Task.WaitAsync(s_patience);
        }

        await cancelled.Task.WaitAsync(s_patience);
    }

    [Fact]
    public async Task Close_InTheMiddleOfABatch_EndsTheTaskAndLeavesOthersAlone()
    {
        TaskCompletionSource<Exception> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        SparkTaskFactory tasks = command => new FunctionTask((context, input) =>
        {
            if (command.Length == 0) return FunctionTask.Identity(context, input);
            try
            {
                while (input.Read() is not null)
                {
                }
            }
            catch (IOException e)
            {
                failed.SetResult(e);
                throw;
            }

            return [];
        });
        await using FakeSpark spark = new(tasks);
        using NetworkStream other = spark.Connect();
        using (NetworkStream connection = spark.Connect())
        {
            byte[] bytes = new TaskBytes { Command = "cut", Batches = [TaskBytes.Numbers(0, 10_000)] }.ToArray();
            await connection.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
        }

        Exception error = await failed.Task.WaitAsync(s_patience);
        Assert.Equal("the connection ended within Spark's Arrow stream: the task was cancelled or its executor ended", error.Message);
        await other.WriteAsync(new TaskBytes().ToArray());
        Assert.Equal(5, Reply.Read(other, 6).Rows.Count);
    }

    [Fact]
    public async Task CancelledTask_ThatDoesNotEnd_EndsTheProcess()
    {
        TaskCompletionSource<int> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim release = new();
        StringWriter error = new();
        SparkWorkerOptions options = Hanging(code => ended.TrySetResult(code)) with { Error = error };
        await using FakeSpark spark = new(Hang(release, New()), options);
        using (NetworkStream connection = spark.Connect()) await connection.WriteAsync(new TaskBytes().ToArray());

        Assert.Equal(70, await ended.Task.WaitAsync(s_patience));
        release.Set();
        Assert.Contains(
            "metaspore: task 40 (stage 3, partition 0, attempt 0) did not end within 00:00:00.0500000 of being cancelled; the process ends",
            error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancelledTask_ThatDoesNotEnd_WaitsForOtherTasksAndShards()
    {
        TaskCompletionSource<int> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource asked = New();
        bool mayExit = false;
        using ManualResetEventSlim release = new();
        SparkWorkerOptions options = Hanging(code => ended.TrySetResult(code)) with
        {
            MayExit = () =>
            {
                asked.TrySetResult();
                return Volatile.Read(ref mayExit);
            },
            Error = TextWriter.Null,
        };
        TaskCompletionSource started = New();
        await using FakeSpark spark = new(Hang(release, started), options);
        using NetworkStream healthy = spark.Connect();
        await healthy.WriteAsync(new TaskBytes { Command = "wait" }.ToArray());
        await started.Task.WaitAsync(s_patience);
        using (NetworkStream connection = spark.Connect()) await connection.WriteAsync(new TaskBytes { Partition = 1 }.ToArray());

        // While the healthy task runs, nobody even asks.
        Assert.False(asked.Task.IsCompleted);
        healthy.Dispose();
        await asked.Task.WaitAsync(s_patience);
        Assert.False(ended.Task.IsCompleted);
        Volatile.Write(ref mayExit, true);
        Assert.Equal(70, await ended.Task.WaitAsync(s_patience));
        release.Set();
    }

    [Fact]
    public async Task EndOfInput_WithARunningTask_CancelsItAndEndsTheDaemon()
    {
        TaskCompletionSource started = New(), cancelled = New();
        await using FakeSpark spark = new(FunctionTask.Doing(context =>
        {
            started.SetResult();
            context.Cancellation.WaitHandle.WaitOne();
            cancelled.SetResult();
        }));
        using NetworkStream connection = spark.Connect();
        await connection.WriteAsync(new TaskBytes().ToArray());
        await started.Task.WaitAsync(s_patience);
        spark.CloseInput();
        await cancelled.Task.WaitAsync(s_patience);
        Assert.Equal(0, await spark.Ended.WaitAsync(s_patience));
    }

    static SparkWorkerOptions Hanging(Action<int> end) =>
        new() { TagPrefix = "ms1", CancelGrace = TimeSpan.FromMilliseconds(50), EndProcess = end };

    static SparkTaskFactory Hang(ManualResetEventSlim release, TaskCompletionSource started) => FunctionTask.Doing(_ =>
    {
        started.TrySetResult();
        release.Wait();
    });

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
