using System.Numerics;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Udfs.Synthetic;

/// <summary>
/// One row of the synthetic data, specification <c>syn-1</c>: 13 integers, 23 categories and 3 bags shaped like Criteo's logs,
/// with a known probability of the label. All draws are integers, and the logit is made of + − · / on doubles in a fixed order,
/// so every program gets the same bits. Reused from row to row; not thread-safe.
/// </summary>
sealed class SyntheticRow
{
    /// <summary>Integer columns.</summary>
    public const int IntegerCount = 13;

    /// <summary>Category columns; the last three are bags.</summary>
    public const int CategoryCount = 26;

    /// <summary>The first bag.</summary>
    public const int FirstBag = 23;

    const int LongestBag = 5;
    const ulong Golden = 0x9E3779B97F4A7C15;

    static readonly int[] s_octaves = [5, 8, 12, 6, 14, 9, 7, 6, 10, 3, 7, 4, 8];
    static readonly byte[] s_integerMissing = [115, 0, 55, 55, 7, 57, 11, 0, 11, 115, 11, 195, 55];
    static readonly uint[] s_sizes =
    [
        1000, 500, 1_000_000, 200_000, 300, 20, 10_000, 600, 4, 50_000, 5000, 800_000, 3000, 26, 10_000, 500_000, 10, 4000, 2000, 4,
        700_000, 18, 16, 50_000, 100, 20_000,
    ];

    static readonly byte[] s_categoryMissing = [0, 0, 9, 9, 0, 31, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 113, 113, 9, 195, 0, 9, 20, 113];
    static readonly int[] s_pairIntegers = [0, 3, 7];
    static readonly int[] s_pairCategories = [0, 1, 4, 5, 7, 8, 12, 13, 16, 18, 21, 24];
    static readonly int[] s_triple = [4, 13, 16];

    readonly int[] _integers = new int[IntegerCount];
    readonly int[] _lengths = new int[CategoryCount];
    readonly uint[] _ids = new uint[CategoryCount * LongestBag];

    /// <summary>The logit of the true probability.</summary>
    public double Logit { get; private set; }

    /// <summary>The true probability of the label 1.</summary>
    public double Probability { get; private set; }

    /// <summary>The label, 0 or 1.</summary>
    public int Label { get; private set; }

    /// <summary>Value of an integer column; −1 when missing.</summary>
    public int Integer(int column) => _integers[column];

    /// <summary>Ids of a category column; empty when missing.</summary>
    public ReadOnlySpan<uint> Ids(int column) => _ids.AsSpan(column * LongestBag, _lengths[column]);

    /// <summary>The number that stands for an id in text, distinct within a column.</summary>
    public static uint Token(int column, uint id) => Mix32(id ^ unchecked((uint)(column + 1) * 0x9E3779B1));

    /// <summary>Makes row <paramref name="index"/>, counted from 0.</summary>
    public void Make(ulong index)
    {
        ulong key = CounterRandom.Mix(20240229 + (index * 0xD1B54A32D192ED03));
        for (int j = 0; j < IntegerCount; j++) _integers[j] = DrawInteger(key, j);
        for (int f = 0; f < CategoryCount; f++) DrawCategory(key, f);
        double z = AddLinear(-1.55);
        for (int k = 0; k < 4; k++) z += PairTerm((uint)k);
        double t = 0.4;
        foreach (int f in s_triple) t *= Weight(9, f, _lengths[f] == 0 ? 0 : _ids[f * LongestBag]) >= 0 ? 1 : -1;
        Logit = z + t;
        Probability = 1 / (1 + Math.Exp(-Logit));
        Label = (Draw(key, 0) >> 11) * (1.0 / (1UL << 53)) < Probability ? 1 : 0;
    }

    static int DrawInteger(ulong key, int column)
    {
        ulong a = Draw(key, 1 + (2 * column));
        if ((a & 255) < s_integerMissing[column]) return -1;
        int octave = (int)Below(a, (uint)s_octaves[column] + 1);
        if (octave == 0) return 0;
        int power = 1 << (octave - 1);
        return power + (int)(Draw(key, 2 + (2 * column)) & (ulong)(power - 1));
    }

    void DrawCategory(ulong key, int column)
    {
        ulong a = Draw(key, 27 + (2 * column));
        if ((a & 255) < s_categoryMissing[column])
        {
            _lengths[column] = 0;
            return;
        }

        Span<uint> ids = _ids.AsSpan(column * LongestBag, LongestBag);
        ids[0] = Id(a, Draw(key, 28 + (2 * column)), s_sizes[column]);
        int length = 1;
        if (column >= FirstBag)
        {
            int bag = column - FirstBag;
            length += (int)Below(Draw(key, 103 + bag), LongestBag);
            for (int v = 1; v < length; v++)
            {
                int k = 79 + (((bag * 4) + v - 1) * 2);
                ids[v] = Id(Draw(key, k), Draw(key, k + 1), s_sizes[column]);
            }
        }

        _lengths[column] = length;
    }

    static uint Id(ulong a, ulong b, uint size)
    {
        uint power = 1u << (int)Below(a, BitLength(size));
        uint id = power - 1 + ((uint)b & (power - 1));
        return id >= size ? id - size : id;
    }

    double AddLinear(double z)
    {
        for (int j = 0; j < IntegerCount; j++)
        {
            z += 0.12 * Weight(1, j, Bucket(j));
            if (_integers[j] < 0) continue;
            int octave = (int)Bucket(j) - 1;
            z += (0.15 * Weight(2, j, 0)) * ((double)((2 * octave) - s_octaves[j]) / s_octaves[j]);
        }

        for (int f = 0; f < CategoryCount; f++)
        {
            ReadOnlySpan<uint> ids = Ids(f);
            if (ids.IsEmpty) continue;
            double sum = 0.0;
            foreach (uint id in ids) sum += (0.3 * Weight(3, f, id)) * (8.0 / (8 + BitLength(id + 1) - 1));
            z += f >= FirstBag ? sum / ids.Length : sum;
        }

        return z;
    }

    double PairTerm(uint k)
    {
        double s = 0;
        double q = 0;
        foreach (int j in s_pairIntegers)
        {
            double v = 0.22 * Weight(4 + k, 100 + j, Bucket(j));
            s += v;
            q += v * v;
        }

        foreach (int f in s_pairCategories)
        {
            ReadOnlySpan<uint> ids = Ids(f);
            if (ids.IsEmpty) continue;
            double v = 0.0;
            foreach (uint id in ids) v += 0.22 * Weight(4 + k, f, id);
            if (f >= FirstBag) v /= ids.Length;
            s += v;
            q += v * v;
        }

        return 0.5 * ((s * s) - q);
    }

    /// <summary>Bit length of the value plus 1; 0 when missing.</summary>
    uint Bucket(int column) => _integers[column] < 0 ? 0 : BitLength((uint)_integers[column]) + 1;

    static double Weight(uint kind, int column, uint index)
    {
        ulong h = CounterRandom.Mix(0x5EED5EED5EED5EED + ((ulong)kind << 56) + ((ulong)column << 40) + index);
        int s = (int)((h & 0xFFFF) + ((h >> 16) & 0xFFFF) + ((h >> 32) & 0xFFFF) + (h >> 48));
        return (s - 131070) / 37837.0;
    }

    static ulong Draw(ulong key, int k) => CounterRandom.Mix(key + ((ulong)(k + 1) * Golden));

    static uint Below(ulong draw, uint count) => (uint)(((draw >> 32) * count) >> 32);

    static uint BitLength(uint value) => 32 - (uint)BitOperations.LeadingZeroCount(value);

    static uint Mix32(uint h)
    {
        h = (h ^ (h >> 16)) * 0x85EBCA6B;
        h = (h ^ (h >> 13)) * 0xC2B2AE35;
        return h ^ (h >> 16);
    }
}
