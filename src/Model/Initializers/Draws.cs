using System.Numerics;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Fills rows with random weights; draw i of the row's seed belongs to weight i.</summary>
static class Draws
{
    const int BlockSize = 64;

    /// <summary>As the other overload, but all 0 where the name ends with <c>bias</c>.</summary>
    public static void Normal<T>(string name, ulong seed, Span<T> row, double mean, double deviation) where T : unmanaged, INumber<T>
    {
        if (name.EndsWith("bias", StringComparison.Ordinal)) row.Clear();
        else Normal(seed, row, mean, deviation);
    }

    /// <summary>Weights 2j and 2j+1 are the two outcomes of pair j.</summary>
    public static void Normal<T>(ulong seed, Span<T> row, double mean, double deviation) where T : unmanaged, INumber<T>
    {
        Span<double> block = stackalloc double[BlockSize];
        for (int start = 0; start < row.Length; start += BlockSize)
        {
            Span<double> draws = block[..Math.Min(BlockSize, row.Length - start)];
            CounterRandom.FillNormal(seed, (ulong)start / 2, draws);
            for (int i = 0; i < draws.Length; i++) row[start + i] = T.CreateTruncating(mean + (deviation * draws[i]));
        }
    }

    /// <summary>Uniform in [−bound, bound).</summary>
    public static void Uniform<T>(ulong seed, Span<T> row, double bound) where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < row.Length; i++) row[i] = T.CreateTruncating(((2 * CounterRandom.Uniform(seed, (ulong)i)) - 1) * bound);
    }
}
