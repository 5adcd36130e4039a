using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

public sealed class BFloat16Tests
{
    static readonly float[] s_special =
    [
        0, -0f, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon,
        BitConverter.UInt32BitsToSingle(0x7F800001), BitConverter.UInt32BitsToSingle(0xFFFFFFFF), BitConverter.UInt32BitsToSingle(0x7FC00000),
        BitConverter.UInt32BitsToSingle(0x3F808000), BitConverter.UInt32BitsToSingle(0x3F818000), BitConverter.UInt32BitsToSingle(0x3F808001),
        BitConverter.UInt32BitsToSingle(0x7F7F8000), BitConverter.UInt32BitsToSingle(0x007F8000), BitConverter.UInt32BitsToSingle(0x00008000),
    ];

    /// <summary>The nearest of the two neighbours with a mantissa of 7 bits, by exact arithmetic; of equally near ones the even.</summary>
    public static float Nearest(float value)
    {
        if (float.IsNaN(value) || float.IsInfinity(value) || value == 0) return value;
        double magnitude = Math.Abs((double)value);
        double unit = Math.ScaleB(1, Math.Max(Math.ILogB(magnitude), -126) - 7);
        double lower = Math.Floor(magnitude / unit), rest = (magnitude / unit) - lower;
        double rounded = rest > 0.5 || (rest == 0.5 && lower % 2 == 1) ? lower + 1 : lower;
        return MathF.CopySign((float)(rounded * unit >= Math.ScaleB(1, 128) ? double.PositiveInfinity : rounded * unit), value);
    }

    [Fact]
    public void FromSingle_SpecialAndRandomValues_IsTheNearest()
    {
        Random random = new(1);
        float[] values = [.. s_special, .. Enumerable.Range(0, 100_000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)))];
        ushort[] halves = new ushort[values.Length];
        float[] back = new float[values.Length];

        BFloat16.FromSingle(values, halves);
        BFloat16.ToSingle(halves, back);

        for (int i = 0; i < values.Length; i++)
        {
            float expected = Nearest(values[i]);
            Assert.True(
                float.IsNaN(expected) ? float.IsNaN(back[i]) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(back[i]),
                $"{values[i]:R} ({BitConverter.SingleToInt32Bits(values[i]):x8}) became {back[i]:R}, expected {expected:R}");
        }
    }

    [Fact]
    public void Conversion_EveryLengthAndTail_TouchesItsRangeOnly()
    {
        for (int length = 0; length <= 70; length++)
        {
            float[] values = [.. Enumerable.Range(0, length).Select(i => s_special[i % s_special.Length])];
            ushort[] halves = [.. Enumerable.Repeat((ushort)0xABCD, length + 1)];
            float[] back = [.. Enumerable.Repeat(-7f, length + 1)];

            BFloat16.FromSingle(values, halves);
            BFloat16.ToSingle(halves.AsSpan(0, length), back);

            Assert.Equal(0xABCD, halves[length]);
            Assert.Equal(-7, back[length]);
            Assert.Equal(values.Select(Nearest), back[..length]);
        }
    }

    [Fact]
    public void RoundTrip_EveryHalf_IsTheSame()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] values = new float[all.Length];
        ushort[] again = new ushort[all.Length];

        BFloat16.ToSingle(all, values);
        BFloat16.FromSingle(values, again);

        for (int i = 0; i < all.Length; i++) Assert.Equal(float.IsNaN(values[i]) ? all[i] | 0x40 : all[i], again[i]);
    }
}
