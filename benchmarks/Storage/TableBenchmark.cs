using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MetaSpore.Spark.Benchmarks.Harness;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Benchmarks.Storage;

/// <summary>
/// Find and copy 16 floats a key out of 10 M rows, one thread, uniform hits, batches of 26 × 1024 unique keys. Baseline:
/// for each key one random line of the index, then one random row of the slabs, both prefetched and the row copied, with
/// no hashing, no comparison and no dependence between the two.
/// </summary>
static unsafe class TableBenchmark
{
    const int BatchSize = 26 * 1024, Batches = 96, Round = 3, Dimension = LargeTable.Dimension, RowCount = 10_000_000;

    public static void Run()
    {
        using LargeTable large = new(RowCount, new NoOpTensorUpdater());
        (ulong[] keys, int[] rowNumbers) = large.Draw(Batches, BatchSize, 7);
        using NativeBuffer keyMemory = new(), rowMemory = new();
        keys.CopyTo(keyMemory.Reserve<ulong>(keys.Length).AsSpan<ulong>());
        ulong* nativeKeys = (ulong*)keyMemory.Reserve<ulong>(keys.Length).Address;
        NativeBlock destination = rowMemory.Reserve<float>(BatchSize * Dimension);
        destination.AsSpan<byte>().Clear();
        nint[] lines = new nint[keys.Length], rows = new nint[keys.Length];
        TableIndex index = large.Part.Index;
        Random random = new(3);
        for (int i = 0; i < keys.Length; i++)
        {
            lines[i] = (nint)index.Home((ulong)random.NextInt64());
            rows[i] = (nint)large.Part.Rows.Row((uint)random.Next(RowCount));
        }

        Dictionary<ulong, int> dictionary = new(RowCount);
        for (int i = 0; i < RowCount; i++) dictionary[LargeTable.Key(i)] = i;
        float[] values = new float[(long)RowCount * Dimension];
        new Comparison($"find and copy {Dimension} floats of {RowCount:N0} rows", "key", Round * BatchSize)
            .Add("one index line, then one row, prefetched", round => Gather(round, lines, rows, (byte*)destination.Address))
            .Add("table", round => Pull(round, large.Table, nativeKeys, destination))
            .Add("Dictionary<ulong,int> and array", round => Lookup(round, dictionary, values, keys, destination))
            .Run(rounds: 150);
    }

    // Every round takes the next batches, so that none of their lines is still in a cache.
    static int First(int round) => round * Round % Batches;

    static void Pull(int round, EmbeddingTable table, ulong* keys, NativeBlock destination)
    {
        for (int batch = First(round); batch < First(round) + Round; batch++)
        {
            NativeBlock block = new((nint)(keys + (batch * BatchSize)), BatchSize * sizeof(ulong));
            table.Pull(block, destination, readOnly: false, nanFill: false);
        }
    }

    static void Gather(int round, nint[] lines, nint[] rows, byte* destination)
    {
        const int Ahead = 32;
        Vector256<byte> sum = default;
        int end = (First(round) + Round) * BatchSize;
        for (int i = First(round) * BatchSize; i < end; i++)
        {
            if (i + (2 * Ahead) < end) Sse.Prefetch0((void*)lines[i + (2 * Ahead)]);
            if (i + Ahead < end)
            {
                sum ^= Vector256.Load((byte*)lines[i + Ahead]);
                Sse.Prefetch0((void*)rows[i + Ahead]);
            }

            byte* to = destination + (i % BatchSize * Dimension * sizeof(float));
            Vector512.Load((byte*)rows[i]).Store(to);
        }

        GC.KeepAlive(sum);
    }

    static void Lookup(int round, Dictionary<ulong, int> dictionary, float[] values, ulong[] keys, NativeBlock destination)
    {
        Span<float> to = destination.AsSpan<float>();
        for (int i = First(round) * BatchSize; i < (First(round) + Round) * BatchSize; i++)
        {
            int row = CollectionsMarshal.GetValueRefOrNullRef(dictionary, keys[i]);
            values.AsSpan(row * Dimension, Dimension).CopyTo(to.Slice(i % BatchSize * Dimension, Dimension));
        }
    }
}
