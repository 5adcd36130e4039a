using System.Diagnostics;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Benchmarks.Storage;

/// <summary>
/// A whole snapshot of 8 M rows of 16 floats and 16 states while one thread pushes without a pause, next to writing as many bytes
/// from one buffer to the same disk and flushing them (dd conv=fsync); then a delta after pushes to 1 % of the rows.
/// </summary>
static class SnapshotBenchmark
{
    const int RowCount = 8_000_000, BatchSize = 26 * 1024, Batches = 64, Rounds = 3;

    public static void Run()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"metaspore-snapshot-{Environment.ProcessId}")).FullName;
        try
        {
            using LargeTable large = new(RowCount, new AdaGradTensorUpdater(), parts: 16);
            using NativeBuffer keyMemory = new(), gradientMemory = new();
            (ulong[] keys, _) = large.Draw(Batches, BatchSize, 7);
            NativeBlock keyBlock = keyMemory.Reserve<ulong>(keys.Length);
            keys.CopyTo(keyBlock.AsSpan<ulong>());
            NativeBlock gradients = gradientMemory.Reserve<float>(BatchSize * LargeTable.Dimension);
            gradients.AsSpan<float>().Fill(0.01f);
            Pusher pusher = new(large.Table, keyBlock, gradients);
            Console.WriteLine($"{RowCount:N0} rows of {LargeTable.Dimension} floats and {LargeTable.Dimension} states, {Rounds} rounds in turns, wall time");
            Console.WriteLine($"{"",-8}{"write+fsync",14}{"snapshot",14}{"ratio",8}{"cpu",10}{"pause",10}{"pushes alone",15}{"meanwhile",13}{"slowed",9}{"delta",12}{"of bytes",10}{"of time",9}");
            for (int round = 1; round <= Rounds; round++) Measure(round, folder, large.Table, pusher);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Measure(int round, string folder, EmbeddingTable table, Pusher pusher)
    {
        Guid first = Guid.NewGuid();
        double alone = pusher.Run(TimeSpan.FromSeconds(2));
        (double seconds, double pause, long bytes) = (0, 0, 0);
        double meanwhile = pusher.RunDuring(() => (seconds, pause, bytes) = Save(folder, table, default, default));
        double plain = WritePlainly(Path.Combine(folder, "plain"), bytes);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Save(folder, table, first, default);
        double processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        pusher.Touch(RowCount / 100);
        (double deltaSeconds, _, long deltaBytes) = Save(folder, table, Guid.NewGuid(), first);
        Console.WriteLine(
            $"{round,-8}{Speed(bytes, plain),14}{Speed(bytes, seconds),14}{plain / seconds,8:P0}{processor,8:F2} s{pause * 1000,7:F0} ms{alone / 1e6,11:F2} M/s{meanwhile / 1e6,9:F2} M/s"
            + $"{1 - (meanwhile / alone),9:P0}{deltaSeconds * 1000,9:F0} ms{(double)deltaBytes / bytes,10:P1}{deltaSeconds / seconds,9:P1}");
    }

    static (double Seconds, double Pause, long Bytes) Save(string folder, EmbeddingTable table, Guid mark, Guid since)
    {
        string path = Path.Combine(folder, "table"), removed = Path.Combine(folder, "removed");
        long start = Stopwatch.GetTimestamp();
        using TableCapture capture = new(table, RowOrder.Memory, mark, since);
        double pause = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = TableFileWriter.Write(path, capture).Length;
        if (capture.Removed is { } keys) bytes += RemovedKeysFile.Write(removed, keys).Length;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (since != default && capture.Removed is null) throw new InvalidOperationException("the delta is whole");
        File.Delete(path);
        File.Delete(removed);
        return (seconds, pause, bytes);
    }

    static double WritePlainly(string path, long bytes)
    {
        byte[] block = new byte[1 << 20];
        new Random(1).NextBytes(block);
        long start = Stopwatch.GetTimestamp();
        using (FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
        {
            for (long written = 0; written < bytes; written += block.Length) file.Write(block, 0, (int)Math.Min(block.Length, bytes - written));
            file.Flush(flushToDisk: true);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        File.Delete(path);
        return seconds;
    }

    static string Speed(long bytes, double seconds) => $"{bytes / seconds / 1e6:F0} MB/s";

    /// <summary>Pushes batch after batch on one thread.</summary>
    sealed class Pusher(EmbeddingTable table, NativeBlock keys, NativeBlock gradients)
    {
        int _next;

        /// <summary>Rows a second over a time.</summary>
        public double Run(TimeSpan time) => RunDuring(() => Thread.Sleep(time));

        /// <summary>Rows a second while <paramref name="action"/> runs on this thread.</summary>
        public double RunDuring(Action action)
        {
            long rows = 0;
            bool stop = false;
            using ManualResetEventSlim started = new();
            Thread thread = new(() =>
            {
                for (PushNext(); !Volatile.Read(ref stop); rows += BatchSize)
                {
                    started.Set();
                    PushNext();
                }
            });
            thread.Start();
            started.Wait();
            long start = Stopwatch.GetTimestamp();
            long before = Interlocked.Read(ref rows);
            action();
            long after = Interlocked.Read(ref rows);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Volatile.Write(ref stop, true);
            thread.Join();
            return (after - before) / seconds;
        }

        /// <summary>Pushes to about this number of different rows, the same ones each time.</summary>
        public void Touch(int rowCount)
        {
            for (int batch = 0; batch * BatchSize < rowCount; batch++)
            {
                int count = Math.Min(BatchSize, rowCount - (batch * BatchSize));
                table.Push(keys.Slice((long)batch * BatchSize * sizeof(ulong), (long)count * sizeof(ulong)), gradients, new UpdateStep(1));
            }
        }

        void PushNext()
        {
            long offset = (long)(_next++ % Batches) * BatchSize * sizeof(ulong);
            table.Push(keys.Slice(offset, BatchSize * sizeof(ulong)), gradients, new UpdateStep(_next));
        }
    }
}
