using System.Numerics;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// Random numbers as pure functions of their coordinates (seed, epoch, partition, step, key …), so that no result
/// depends on the order of calls and a restarted run draws the same numbers. The mixer is the finaliser of SplitMix64
/// (Steele, Lea and Flood, OOPSLA 2014). Thread-safe: nothing here has state.
/// </summary>
public static class CounterRandom
{
    const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>Mixes 64 bits; a bijection.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>Folds one more coordinate into a seed.</summary>
    public static ulong Combine(ulong seed, ulong coordinate) => Mix(seed + Golden + Mix(coordinate + Golden));

    /// <summary>Draw number <paramref name="index"/> of the stream <paramref name="seed"/>: all 64 bits.</summary>
    public static ulong Draw(ulong seed, ulong index) => Mix(seed + ((index + 1) * Golden));

    /// <summary>Draw number <paramref name="index"/> as a double in [0, 1), 53 bits.</summary>
    public static double Uniform(ulong seed, ulong index) => (Draw(seed, index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Draw number <paramref name="index"/> from N(0, 1): the first of <see cref="NormalPair"/>.</summary>
    public static double Normal(ulong seed, ulong index) => NormalPair(seed, index).First;

    /// <summary>
    /// Pair number <paramref name="index"/> of independent draws from N(0, 1), by Box and Muller (1958) from draws 2·index
    /// and 2·index+1. Every machine gives the same bits.
    /// </summary>
    public static (double First, double Second) NormalPair(ulong seed, ulong index)
    {
        Span<double> pair = stackalloc double[2];
        FillNormal(seed, index, pair);
        return (pair[0], pair[1]);
    }

    /// <summary>Draws from N(0, 1): <see cref="NormalPair"/> of the indices from <paramref name="index"/> on, one after the other.</summary>
    /// <param name="seed">The stream.</param>
    /// <param name="index">The first pair.</param>
    /// <param name="values">Shape (N), overwritten; with N odd the second half of the last pair is left out.</param>
    public static void FillNormal(ulong seed, ulong index, Span<double> values)
    {
        int width = Vector<double>.Count;
        Span<double> first = stackalloc double[width], second = stackalloc double[width];
        while (!values.IsEmpty)
        {
            int pairs = Math.Min(width, (values.Length + 1) / 2);
            for (int i = 0; i < pairs; i++)
            {
                first[i] = 1.0 - Uniform(seed, 2 * (index + (ulong)i));
                second[i] = Uniform(seed, (2 * (index + (ulong)i)) + 1);
            }

            first[pairs..].Fill(1);
            Vector<double> radius = Vector.SquareRoot(-2 * PortableMath.Log(new Vector<double>(first)));
            (Vector<double> sin, Vector<double> cos) = PortableMath.SinCosOfTurns(new Vector<double>(second));
            (radius * cos).CopyTo(first);
            (radius * sin).CopyTo(second);
            int count = Math.Min(values.Length, 2 * pairs);
            for (int i = 0; i < count; i++) values[i] = (i & 1) == 0 ? first[i >> 1] : second[i >> 1];
            values = values[count..];
            index += (ulong)pairs;
        }
    }
}
