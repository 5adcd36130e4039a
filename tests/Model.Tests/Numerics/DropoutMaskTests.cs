using MetaSpore.Spark.Model.Numerics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Numerics;

public class DropoutMaskTests
{
    [Fact]
    public void Fill_AnyLength_VectorAndScalarAgree()
    {
        for (int length = 0; length < 60; length++)
        {
            var single = new float[length];
            var twin = new double[length];
            DropoutMask.Fill(single, 0xFEDCBA9876543210, 0.4, 2f);
            DropoutMask.Fill(twin, 0xFEDCBA9876543210, 0.4, 2.0);
            Assert.Equal(twin, single.Select(value => (double)value));
        }
    }

    [Theory]
    [InlineData(1UL, 2UL, 0)]
    [InlineData(1UL, 1UL << 32, 0)]
    [InlineData(7UL, 7UL, 1)]
    [InlineData(7UL, 7UL, 400)]
    public void Fill_OtherSeedOrPlace_IsIndependent(ulong first, ulong second, int shift)
    {
        const int Count = 1_000_000;
        const double Probability = 0.3;
        var a = new float[Count + shift];
        var b = new float[Count + shift];
        DropoutMask.Fill(a, first, Probability, 1);
        DropoutMask.Fill(b, second, Probability, 1);
        int both = 0;
        for (int i = 0; i < Count; i++) if (a[i] == 0 && b[i + shift] == 0) both++;
        double expected = Probability * Probability;
        Assert.Equal(expected, both / (double)Count, 5 * Math.Sqrt(expected * (1 - expected) / Count));
    }
}
