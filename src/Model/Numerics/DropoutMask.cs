using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// Random masks as a function of a seed and the element's place. 32 bits an element, mixed with the constants of Wellons'
/// lowbias32 (nullprogram.com, "Prospecting for Hash Functions", 2018) and both halves of the seed, because vectors of 32-bit
/// lanes can be multiplied and those of 64 bits can't.
/// </summary>
static class DropoutMask
{
    /// <summary>Writes 0 with a probability, otherwise <paramref name="kept"/>.</summary>
    /// <param name="mask">Overwritten.</param>
    /// <param name="seed">Another seed gives an independent mask.</param>
    /// <param name="probability">Probability of 0, in [0, 1); to a multiple of 2⁻³².</param>
    /// <param name="kept">The other value.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(Span<float> mask, ulong seed, double probability, float kept)
    {
        uint threshold = Threshold(probability);
        ref float target = ref MemoryMarshal.GetReference(mask);
        Vector<uint> place = Vector<uint>.Indices;
        int i = 0;
        for (; i <= mask.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            Vector<uint> bits = (place * new Vector<uint>(0x9E3779B9u)) + new Vector<uint>((uint)seed);
            bits = (bits ^ (bits >>> 16)) * new Vector<uint>(0x21F0AAADu);
            bits = ((bits ^ (bits >>> 15)) + new Vector<uint>((uint)(seed >> 32))) * new Vector<uint>(0xD35A2D97u);
            bits ^= bits >>> 15;
            Vector<uint> isKept = Vector.GreaterThanOrEqual(bits, new Vector<uint>(threshold));
            (Vector.AsVectorSingle(isKept) & new Vector<float>(kept)).StoreUnsafe(ref target, (nuint)i);
            place += new Vector<uint>((uint)Vector<uint>.Count);
        }

        for (; i < mask.Length; i++) mask[i] = Bits((uint)i, seed) < threshold ? 0 : kept;
    }

    /// <summary>The same mask in double precision.</summary>
    /// <param name="mask">Overwritten.</param>
    /// <param name="seed">Another seed gives an independent mask.</param>
    /// <param name="probability">Probability of 0, in [0, 1).</param>
    /// <param name="kept">The other value.</param>
    public static void Fill(Span<double> mask, ulong seed, double probability, double kept)
    {
        uint threshold = Threshold(probability);
        for (int i = 0; i < mask.Length; i++) mask[i] = Bits((uint)i, seed) < threshold ? 0 : kept;
    }

    static uint Threshold(double probability) => (uint)Math.Min(uint.MaxValue, probability * 4294967296.0);

    static uint Bits(uint place, ulong seed)
    {
        uint bits = (place * 0x9E3779B9u) + (uint)seed;
        bits = (bits ^ (bits >>> 16)) * 0x21F0AAADu;
        bits = ((bits ^ (bits >>> 15)) + (uint)(seed >> 32)) * 0xD35A2D97u;
        return bits ^ (bits >>> 15);
    }
}
