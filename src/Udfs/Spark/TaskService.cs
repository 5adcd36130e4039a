using System.Globalization;
using Apache.Arrow;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Serves the tasks that come over a connection, one after another.</summary>
sealed class TaskService(SparkTaskFactory tasks, SparkWorkerOptions options, WorkerEnvironment environment, TaskWatcher watcher, ILogger log) : IConnectionService
{
    readonly TaskHeaderReader _headers = new(options.TagPrefix);
    readonly long _bootTime = options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Serve(Connection connection)
    {
        while (ServeTask(connection))
        {
        }
    }

    // Returns whether another task may follow.
    bool ServeTask(Connection connection)
    {
        TaskHeader? header;
        try
        {
            header = _headers.Read(connection.Reader);
        }
        catch (SparkProtocolException e)
        {
            return Fail(connection, null, -1, e, isCancelled: false);
        }

        if (header is null) return false;
        long started = options.Time.GetTimestamp();
        long startTime = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        using WatchedTask watched = watcher.Watch(connection.Socket, Name(header.Facts));
        using var output = new TaskOutput(connection.Writer, header.Layout.Known);
        try
        {
            Run(connection, header, watched, output);
            WriteTimes(connection.Writer, header.Layout, startTime, options.Time.GetElapsedTime(started));
        }
#pragma warning disable CA1031 // Whatever the task throws is told to Spark.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // From here on the peer may close as it likes.
            watched.Dispose();
            return Fail(connection, output, header.Facts.PartitionId, e, watched.Token.IsCancellationRequested);
        }

        watched.Dispose();
        return End(connection);
    }

    void Run(Connection connection, TaskHeader header, WatchedTask watched, TaskOutput output)
    {
        using var input = new SparkTaskInput(connection.Reader.Stream);
        ISparkTask task = tasks(header.Command);
        foreach (RecordBatch batch in task.Run(Describe(header, watched.Token), input))
        {
            watched.Token.ThrowIfCancellationRequested();
            output.Write(batch);
        }

        watched.Token.ThrowIfCancellationRequested();
        input.SkipToEnd();
        output.End();
    }

    SparkTaskContext Describe(TaskHeader header, CancellationToken cancellation)
    {
        TaskFacts facts = header.Facts;
        string[] addresses = facts.LocalProperties.TryGetValue("addresses", out string? listed) ? listed.Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
        return new SparkTaskContext
        {
            PartitionId = facts.PartitionId,
            StageId = facts.StageId,
            AttemptNumber = facts.AttemptNumber,
            TaskAttemptId = facts.TaskAttemptId,
            Cpus = facts.Cpus,
            LocalProperties = facts.LocalProperties,
            FilesDirectory = header.FilesDirectory,
            Resources = facts.Resources,
            Addresses = addresses,
            SparkVersion = header.Layout.Version,
            TimeZone = header.RunnerConf.GetValueOrDefault("spark.sql.session.timeZone", "UTC"),
            Barrier = facts.Barrier is { } address
                ? new BarrierClient(address, environment.Loopback, addresses.Length, options.BarrierTimeout, options.Time, cancellation)
                : null,
            Cancellation = cancellation,
            Log = log,
        };
    }

    void WriteTimes(WireWriter writer, TaskLayout layout, long startTime, TimeSpan processing)
    {
        writer.Write(Signal.TimingData);
        writer.Write(_bootTime);
        writer.Write(startTime);
        writer.Write(options.Time.GetUtcNow().ToUnixTimeMilliseconds());
        if (layout.HasProcessingTime) writer.Write((long)processing.TotalMilliseconds);
        writer.Write(0L); // bytes spilled from memory
        writer.Write(0L); // bytes spilled to disk
        writer.Write(Signal.EndOfDataSection);
        writer.Write(0); // updates of accumulators
        writer.Flush();
    }

    // Only a connection that stands exactly behind the task's input can be used again.
    bool End(Connection connection)
    {
        try
        {
            bool isClean = connection.Reader.ReadInt32("end of a task") == Signal.EndOfStream;
            connection.Writer.Write(isClean ? Signal.EndOfStream : Signal.EndOfDataSection);
            connection.Writer.Flush();
            return isClean;
        }
        catch (IOException e)
        {
            log.LogDebug(e, "the connection ended before the task's end was confirmed");
            return false;
        }
    }

    bool Fail(Connection connection, TaskOutput? output, int rank, Exception error, bool isCancelled)
    {
        string text = TaskErrorText.Of(rank, error, isCancelled);
        if (isCancelled) log.LogWarning("a cancelled task of partition {Rank} ended: {Message}", rank, error.Message);
        else log.LogError("a task of partition {Rank} failed: {Text}", rank, text);
        if (output is { IsBroken: true }) return false;
        try
        {
            output?.End();
            ConnectionError.Report(connection, text, options);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            log.LogDebug(e, "the failure could not be told to Spark");
        }

        return false;
    }

    static string Name(TaskFacts facts) => string.Create(
        CultureInfo.InvariantCulture, $"task {facts.TaskAttemptId} (stage {facts.StageId}, partition {facts.PartitionId}, attempt {facts.AttemptNumber})");
}
