using System.Numerics;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Fills rows with random weights; draw i of the row's seed belongs to weight i.</summary>
static class Draws
{
    /// <summary>As the other overload, but all 0 where the name ends with <c>bias</c>.</summary>
    public static void Normal<T>(string name, ulong seed, Span<T> row, double mean, double deviation) where T : unmanaged, INumber<T>
    {
        if (name.EndsWith("bias", StringComparison.Ordinal)) row.Clear();
        else Normal(seed, row, mean, deviation);
    }

    /// <summary>Weights 2j and 2j+1 are the two outcomes of pair j of <see cref="CounterRandom.NormalPair"/>.</summary>
    public static void Normal<T>(ulong seed, Span<T> row, double mean, double deviation) where T : unmanaged, INumber<T>
    {
        int i = 0;
        for (; i + 1 < row.Length; i += 2)
        {
            (double first, double second) = CounterRandom.NormalPair(seed, (ulong)i / 2);
            row[i] = T.CreateTruncating(mean + (deviation * first));
            row[i + 1] = T.CreateTruncating(mean + (deviation * second));
        }

        if (i < row.Length) row[i] = T.CreateTruncating(mean + (deviation * CounterRandom.NormalPair(seed, (ulong)i / 2).First));
    }

    /// <summary>Uniform in [−bound, bound).</summary>
    public static void Uniform<T>(ulong seed, Span<T> row, double bound) where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < row.Length; i++) row[i] = T.CreateTruncating(((2 * CounterRandom.Uniform(seed, (ulong)i)) - 1) * bound);
    }
}
