using MetaSpore.Spark.Model.Numerics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Numerics;

public sealed class CounterRandomTests
{
    [Fact]
    public void Draw_SeedZero_SplitMix64()
    {
        // The published generator's first outputs from state 0.
        Assert.Equal(0xE220A8397B1DCDAFUL, CounterRandom.Draw(0, 0));
        Assert.Equal(0x6E789E6AA1B965F4UL, CounterRandom.Draw(0, 1));
        Assert.Equal(0x06C45D188009454FUL, CounterRandom.Draw(0, 2));
    }

    [Fact]
    public void NormalPair_AnyIndex_BoxAndMuller()
    {
        for (ulong index = 0; index < 1000; index++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - CounterRandom.Uniform(5, 2 * index)));
            double angle = 2 * Math.PI * CounterRandom.Uniform(5, (2 * index) + 1);

            (double first, double second) = CounterRandom.NormalPair(5, index);

            Assert.Equal(radius * Math.Cos(angle), first, 1e-13);
            Assert.Equal(radius * Math.Sin(angle), second, 1e-13);
            Assert.Equal(first, CounterRandom.Normal(5, index));
        }
    }

    [Fact]
    public void FillNormal_EveryLength_SameBitsAsPairs()
    {
        for (int length = 0; length < 40; length++)
        {
            double[] values = new double[length];

            CounterRandom.FillNormal(9, 3, values);

            for (int i = 0; i < length; i++)
            {
                (double first, double second) = CounterRandom.NormalPair(9, 3 + ((ulong)i / 2));
                Assert.Equal(i % 2 == 0 ? first : second, values[i]);
            }
        }
    }
}
