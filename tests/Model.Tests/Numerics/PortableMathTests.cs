using System.Numerics;
using MetaSpore.Spark.Model.Numerics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Numerics;

public sealed class PortableMathTests
{
    [Fact]
    public void Log_Positive_AsTheLibrary()
    {
        var random = new Random(11);
        double[] inputs = [1, 0.5, double.BitIncrement(0.70710678118654752), 1 - Math.Pow(2, -53), Math.Pow(2, -53), 1e300, .. Enumerable.Range(0, 20_000).Select(_ => random.NextDouble() * Math.Pow(2, random.Next(-50, 2)) + 1e-300)];
        foreach (double x in inputs)
        {
            double expected = Math.Log(x);
            Assert.Equal(expected, PortableMath.Log(new Vector<double>(x))[0], 1e-15 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Fact]
    public void SinCosOfTurns_WholeCircle_AsTheLibrary()
    {
        for (int i = 0; i <= 8000; i++)
        {
            double turns = i / 8000.0;
            (double sin, double cos) = Math.SinCos(2 * Math.PI * turns);

            (Vector<double> actualSin, Vector<double> actualCos) = PortableMath.SinCosOfTurns(new Vector<double>(turns));

            Assert.Equal(sin, actualSin[0], 2e-15);
            Assert.Equal(cos, actualCos[0], 2e-15);
        }
    }
}
