using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MetaSpore.Spark.Benchmarks.Harness;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Benchmarks.Storage;

/// <summary>
/// Adam and FTRL on batches of 26 k unique rows × 16 of a table of 10 M rows (weights and two states: 192 bytes a row), one
/// thread. Baseline: reading and writing the same bytes of the same rows, whose addresses are known, prefetched. Both scalar
/// loops update one row after the other, element by element, without a prefetch: one was given the addresses of the rows, the
/// other finds each key in the same index first.
/// </summary>
static unsafe class UpdaterBenchmark
{
    const int RowCount = 10_000_000, BatchSize = 26 * 1024, Batches = 48, Round = 2, Dimension = LargeTable.Dimension, RowBytes = 3 * Dimension * sizeof(float);

    public static void Run()
    {
        Measure("Adam", new AdamTensorUpdater(), ScalarAdam);
        Measure("FTRL", new FtrlTensorUpdater(), ScalarFtrl);
    }

    static void Measure(string name, TensorUpdater updater, ScalarUpdate scalar)
    {
        using LargeTable large = new(RowCount, updater);
        (ulong[] keys, int[] rowNumbers) = large.Draw(Batches, BatchSize, 7);
        using NativeBuffer keyMemory = new(), gradientMemory = new();
        NativeBlock keyBlock = keyMemory.Reserve<ulong>(keys.Length);
        keys.CopyTo(keyBlock.AsSpan<ulong>());
        NativeBlock gradients = gradientMemory.Reserve<float>(BatchSize * Dimension);
        Random random = new(1);
        foreach (ref float g in gradients.AsSpan<float>()) g = (float)(random.NextDouble() - 0.5);
        float[] managedGradients = gradients.AsSpan<float>().ToArray();
        nint[] rows = new nint[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            uint* found = large.Part.Index.Find(keys[i], CounterRandom.Mix(keys[i]));
            rows[i] = (nint)large.Part.Rows.Row(*found);
        }

        new Comparison($"{name} on {BatchSize:N0} of {RowCount:N0} rows", "row", Round * BatchSize)
            .Add("reading and writing the bytes of the rows, prefetched", round => Touch(round, rows))
            .Add($"table, fused {name}", round => Push(round, large.Table, keyBlock, gradients))
            .Add("scalar loop over rows whose addresses are known", round => Loop(round, rows, managedGradients, scalar))
            .Add("scalar loop that finds the keys", round => Loop(round, large.Part, keys, managedGradients, scalar))
            .Run(rounds: 150);
    }

    delegate void ScalarUpdate(float* row, ReadOnlySpan<float> gradient);

    static int First(int round) => round * Round % Batches;

    static void Push(int round, EmbeddingTable table, NativeBlock keys, NativeBlock gradients)
    {
        for (int batch = First(round); batch < First(round) + Round; batch++)
        {
            NativeBlock block = keys.Slice((long)batch * BatchSize * sizeof(ulong), BatchSize * sizeof(ulong));
            table.Push(block, gradients, new UpdateStep(batch + 1));
        }
    }

    static void Touch(int round, nint[] rows)
    {
        const int Ahead = 16;
        Vector512<byte> one = Vector512<byte>.One;
        for (int i = First(round) * BatchSize; i < (First(round) + Round) * BatchSize; i++)
        {
            if (i + Ahead < rows.Length)
            {
                byte* next = (byte*)rows[i + Ahead];
                Sse.Prefetch0(next);
                Sse.Prefetch0(next + 64);
                Sse.Prefetch0(next + 128);
            }

            byte* row = (byte*)rows[i];
            for (int line = 0; line < RowBytes; line += 64) (Vector512.Load(row + line) ^ one).Store(row + line);
        }
    }

    static void Loop(int round, nint[] rows, float[] gradients, ScalarUpdate update)
    {
        for (int i = First(round) * BatchSize; i < (First(round) + Round) * BatchSize; i++)
            update((float*)rows[i], gradients.AsSpan(i % BatchSize * Dimension, Dimension));
    }

    static void Loop(int round, SubTable part, ulong[] keys, float[] gradients, ScalarUpdate update)
    {
        for (int i = First(round) * BatchSize; i < (First(round) + Round) * BatchSize; i++)
        {
            uint* found = part.Index.Find(keys[i], CounterRandom.Mix(keys[i]));
            update((float*)part.Rows.Row(*found), gradients.AsSpan(i % BatchSize * Dimension, Dimension));
        }
    }

    static void ScalarAdam(float* row, ReadOnlySpan<float> gradient)
    {
        const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f, Rate = 1e-3f;
        for (int j = 0; j < Dimension; j++)
        {
            float g = gradient[j];
            float m = row[Dimension + j] = (Beta1 * row[Dimension + j]) + ((1 - Beta1) * g);
            float v = row[(2 * Dimension) + j] = (Beta2 * row[(2 * Dimension) + j]) + ((1 - Beta2) * g * g);
            row[j] -= Rate * m / (MathF.Sqrt(v) + Epsilon);
        }
    }

    static void ScalarFtrl(float* row, ReadOnlySpan<float> gradient)
    {
        const float L1 = 1, L2 = 120, Alpha = 0.5f, Beta = 1;
        for (int j = 0; j < Dimension; j++)
        {
            float g = gradient[j], n = row[Dimension + j], z = row[(2 * Dimension) + j];
            float next = n + (g * g);
            float sigma = (MathF.Sqrt(next) - MathF.Sqrt(n)) / Alpha;
            z += g - (sigma * row[j]);
            row[Dimension + j] = next;
            row[(2 * Dimension) + j] = z;
            row[j] = MathF.Abs(z) <= L1 ? 0 : -(z - (MathF.Sign(z) * L1)) / (((Beta + MathF.Sqrt(next)) / Alpha) + L2);
        }
    }
}
