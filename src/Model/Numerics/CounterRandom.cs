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
    /// and 2·index+1.
    /// </summary>
    public static (double First, double Second) NormalPair(ulong seed, ulong index)
    {
        double radius = Math.Sqrt(-2.0 * Math.Log(1.0 - Uniform(seed, 2 * index)));
        (double sin, double cos) = Math.SinCos(2.0 * Math.PI * Uniform(seed, (2 * index) + 1));
        return (radius * cos, radius * sin);
    }
}
