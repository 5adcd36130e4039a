using System.Diagnostics;
using System.IO.Hashing;
using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Udfs.Features;

namespace MetaSpore.Spark.Benchmarks;

/// <summary>
/// Extraction of Criteo-shaped rows (13 integers as text, 26 categories of eight hex digits, some cells missing), one
/// thread, against XxHash3 over the same bytes alone.
/// </summary>
static class ExtractionBenchmark
{
    const int Rows = 1024;
    const int Batches = 64;
    const int Rounds = 15;

    public static void Run()
    {
        Measure("39 text columns", bags: 0, HashMode.XxHash3);
        Measure("36 text columns, 3 bags of 1 to 5", bags: 3, HashMode.XxHash3);
        Measure("39 text columns, metaspore hash", bags: 0, HashMode.MetaSpore);
    }

    static void Measure(string what, int bags, HashMode mode)
    {
        RecordBatch[] batches = [.. Enumerable.Range(0, Batches).Select(i => CriteoRows.Batch((ulong)i, Rows, bags))];
        var schema = new CombineSchema([.. batches[0].Schema.FieldsList.Select(field => new CombineFeature([field.Name]))]);
        var extractor = new FeatureExtractor(mode, [schema]);
        using var target = new SparseBatch();
        double hash = double.MaxValue, keys = double.MaxValue, all = double.MaxValue;
        long allocated = 0;
        ulong sum = 0;
        for (int round = 0; round < Rounds; round++)
        {
            hash = Math.Min(hash, Seconds(batches, batch => sum += HashAlone(batch)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            keys = Math.Min(keys, Seconds(batches, batch =>
            {
                extractor.HashColumns(batch);
                sum += extractor.WriteSlots(0, batch.Length, target)[^1];
            }));
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            all = Math.Min(all, Seconds(batches, batch => extractor.Extract(batch, [target])));
        }

        double rows = (double)Rows * Batches;
        Console.WriteLine(
            $"{what}: hash alone {hash / rows * 1e9:F0} ns a row; to keys {keys / rows * 1e9:F0} ns, {hash / keys:P0} of the baseline; "
            + $"with uniquify {all / rows * 1e9:F0} ns; {allocated / rows:F3} bytes allocated a row (checksum {sum:x})");
    }

    static double Seconds(RecordBatch[] batches, Action<RecordBatch> action)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (RecordBatch batch in batches) action(batch);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static ulong HashAlone(RecordBatch batch)
    {
        ulong sum = 0;
        for (int column = 0; column < batch.ColumnCount; column++)
        {
            IArrowArray array = batch.Column(column);
            var text = (StringArray)(array is ListArray list ? list.Values : array);
            ReadOnlySpan<byte> values = text.ValueBuffer.Span;
            ReadOnlySpan<int> offsets = text.ValueOffsets;
            for (int row = 0; row < text.Length; row++)
            {
                if (offsets[row + 1] > offsets[row]) sum ^= XxHash3.HashToUInt64(values[offsets[row]..offsets[row + 1]], 17);
            }
        }

        return sum;
    }
}
