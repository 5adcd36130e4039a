using System.Diagnostics;
using System.Text;
using Apache.Arrow;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Synthetic;
using Sylvan.Data.Csv;

namespace MetaSpore.Spark.Benchmarks;

/// <summary>
/// Reading of synthetic text rows (40 fields, 291 bytes a row), one thread: the splitter alone, whole Arrow batches in file order
/// and shuffled, and Sylvan.Data.Csv with and without the UTF-8 bytes that Arrow needs.
/// </summary>
static class ReadingBenchmark
{
    const int Rows = 200_000;
    const int Rounds = 9;

    public static void Run()
    {
        string path = Path.Combine(Path.GetTempPath(), $"metaspore-reading-{Environment.ProcessId}.tsv");
        try
        {
            Report("generate the rows", Seconds(1, () => SyntheticRows.Write(path, Rows)));
            Measure(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static void Measure(string path)
    {
        var plan = new ReadPlan { BatchSize = 1024, Shuffle = true };
        DatasetReader reader = DatasetReader.Open(SyntheticRows.Spec(path));
        double split = Seconds(Rounds, () => Split(path));
        double sylvan = Seconds(Rounds, () => Sylvan(path, null));
        double sylvanBytes = Seconds(Rounds, () => Sylvan(path, new byte[1 << 16]));
        double batches = Seconds(Rounds, () => Count(reader.ReadInOrder(1024)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Count(reader.ReadInOrder(1024));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        double first = Seconds(3, () => Count(DatasetReader.Open(reader.Spec, 0).Read(plan, 0, 0)));
        Count(reader.Read(plan, 0, 0));
        double kept = Seconds(Rounds, () => Count(reader.Read(plan, 0, 0)));

        Report("split the fields alone", split);
        Report("Arrow batches in file order", batches);
        Console.WriteLine($"  {split / batches:P0} of splitting alone; {(double)allocated / Rows:F1} bytes allocated a row");
        Report("Arrow batches, shuffled, from the file", first);
        Report("Arrow batches, shuffled, rows kept in memory", kept);
        Report("Sylvan.Data.Csv: split the fields", sylvan);
        Report("Sylvan.Data.Csv: split, each field as UTF-8", sylvanBytes);
    }

    public static void Split(string path)
    {
        using var splitter = new TextSplitter(File.OpenRead(path), path, new('\t', false, true, false));
        long bytes = 0;
        while (splitter.ReadRow())
        {
            for (int i = 0; i < splitter.FieldCount; i++) bytes += splitter.Field(i).Length;
        }

        if (bytes == 0) throw new InvalidOperationException("no field was read");
    }

    static void Sylvan(string path, byte[]? target)
    {
        using var text = new StreamReader(path, Encoding.UTF8, false, 1 << 16);
        using CsvDataReader rows = CsvDataReader.Create(text, new CsvDataReaderOptions { HasHeaders = false, Delimiter = '\t', BufferSize = 1 << 16 });
        long length = 0;
        while (rows.Read())
        {
            for (int i = 0; i < rows.RowFieldCount; i++)
                length += target is null ? rows.GetFieldSpan(i).Length : Encoding.UTF8.GetBytes(rows.GetFieldSpan(i), target);
        }

        if (length == 0) throw new InvalidOperationException("no field was read");
    }

    static void Count(IEnumerable<RecordBatch> batches)
    {
        long rows = 0;
        foreach (RecordBatch batch in batches)
        {
            rows += batch.Length;
            batch.Dispose();
        }

        if (rows != Rows) throw new InvalidOperationException($"{rows} rows were read");
    }

    static double Seconds(int rounds, Action action)
    {
        double least = double.MaxValue;
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return least;
    }

    static void Report(string what, double seconds) => Console.WriteLine($"{what}: {Rows / seconds / 1e6:F2} million rows/s, {seconds / Rows * 1e9:F0} ns a row");
}
