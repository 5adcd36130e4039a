using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Conversion between float32 and bfloat16 (the upper half of a float32). Thread-safe.</summary>
static class BFloat16
{
    /// <summary>Rounds to nearest, ties to even; a NaN stays a NaN.</summary>
    /// <param name="values">Shape (n).</param>
    /// <param name="result">Shape (n).</param>
    public static void FromSingle(ReadOnlySpan<float> values, Span<ushort> result)
    {
        result = result[..values.Length];
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= bits.Length - 16; i += 16)
                Vector256.Narrow(Round(Vector256.Create(bits[i..])), Round(Vector256.Create(bits[(i + 8)..]))).CopyTo(result[i..]);
        }

        for (; i < bits.Length; i++) result[i] = Round(bits[i]);
    }

    /// <summary>The same numbers as float32.</summary>
    /// <param name="values">Shape (n).</param>
    /// <param name="result">Shape (n).</param>
    public static void ToSingle(ReadOnlySpan<ushort> values, Span<float> result)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(result)[..values.Length];
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= values.Length - 16; i += 16)
            {
                (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Create(values[i..]));
                (lower << 16).CopyTo(bits[i..]);
                (upper << 16).CopyTo(bits[(i + 8)..]);
            }
        }

        for (; i < values.Length; i++) bits[i] = (uint)values[i] << 16;
    }

    static ushort Round(uint bits) => (bits & 0x7FFFFFFF) > 0x7F800000
        ? (ushort)((bits >> 16) | 0x40)
        : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);

    static Vector256<uint> Round(Vector256<uint> bits)
    {
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        Vector256<uint> isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFFFFFFu), Vector256.Create(0x7F800000u));
        return Vector256.ConditionalSelect(isNaN, (bits >> 16) | Vector256.Create(0x40u), rounded);
    }
}
