using MetaSpore.Spark.Model.Numerics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Numerics;

public sealed class FixedPointSumTests
{
    [Fact]
    public void Add_AnyOrderAndGrouping_SameBits()
    {
        var random = new Random(3);
        double[] terms = [.. Enumerable.Range(0, 10_000).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-9, 9)))];
        FixedPointSum forward = default, backward = default;
        foreach (double term in terms) forward.Add(term);
        foreach (double[] part in terms.Reverse().Chunk(7))
        {
            FixedPointSum sum = default;
            foreach (double term in part) sum.Add(term);
            backward.Add(sum);
        }

        Assert.Equal(forward.Value, backward.Value);
        Assert.Equal((double)terms.Sum(term => (decimal)term), forward.Value, 1e-5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3.25)]
    [InlineData(1048576)]
    [InlineData(-1.5e15)]
    [InlineData(1e24)]
    public void Value_OneTerm_Itself(double term)
    {
        FixedPointSum sum = default;
        sum.Add(term);

        Assert.Equal(term, sum.Value);
    }

    [Fact]
    public void Value_TooLarge_Clamped()
    {
        FixedPointSum sum = default;
        sum.Add(-1e300);

        Assert.Equal(-Math.Pow(2, 80), sum.Value);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void Value_TermNotFinite_NaN(double term)
    {
        FixedPointSum sum = default;
        sum.Add(1);
        sum.Add(term);

        Assert.Equal(double.NaN, sum.Value);
    }

    [Theory]
    [InlineData(-1.25)]
    [InlineData(7e20)]
    public void Read_Written_SameValue(double term)
    {
        FixedPointSum sum = default;
        sum.Add(term);
        sum.Add(0.1);
        using var stream = new MemoryStream();
        sum.Write(new BinaryWriter(stream));
        stream.Position = 0;

        Assert.Equal(sum.Value, FixedPointSum.Read(new BinaryReader(stream)).Value);
    }
}
