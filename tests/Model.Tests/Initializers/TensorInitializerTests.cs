using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Initializers;

public sealed class TensorInitializerTests
{
    const int Rows = 20_000, Dimension = 7;

    [Fact]
    public void Fill_Constants_Exact()
    {
        Assert.Equal([0f, 0f], Row(new ZeroTensorInitializer(), "w", 1, 2));
        Assert.Equal([1f, 1f], Row(new OneTensorInitializer(), "w", 1, 2));
    }

    [Fact]
    public void Fill_NameEndsWithBias_Zero()
    {
        Assert.Equal([0f, 0f], Row(new DefaultTensorInitializer(), "dense.bias", 1, 2));
        Assert.Equal([0f, 0f], Row(new NormalTensorInitializer(5, 2), "bias", 1, 2));
        Assert.DoesNotContain(0f, Row(new NormalTensorInitializer(5, 2), "bias.weight", 1, 2));
    }

    public static TheoryData<TensorInitializer, double, double> Distributions => new()
    {
        { new DefaultTensorInitializer(), 0, 1 },
        { new NormalTensorInitializer(3, 0.01), 3, 0.01 },
        { new UniformTensorInitializer(0.5), 0, 0.5 / Math.Sqrt(3) },
        { new XavierTensorInitializer(), 0, Math.Sqrt(2) * Math.Sqrt(2.0 / (1 + Dimension)) },
        { new XavierTensorInitializer(XavierActivation.Tanh, XavierDistribution.Normal), 0, 5.0 / 3 * Math.Sqrt(2.0 / (1 + Dimension)) },
    };

    [Theory]
    [MemberData(nameof(Distributions), DisableDiscoveryEnumeration = true)]
    public void Fill_ManyRows_MeanDeviationAndIndependence(TensorInitializer initializer, double mean, double deviation)
    {
        double sum = 0, squares = 0, neighbours = 0;
        double[] row = new double[Dimension];
        for (ulong key = 1; key <= Rows; key++)
        {
            initializer.Fill("w", CounterRandom.Combine(42, key), row);
            for (int i = 0; i < Dimension; i++)
            {
                double x = (row[i] - mean) / deviation;
                sum += x;
                squares += x * x;
                if (i > 0) neighbours += x * (row[i - 1] - mean) / deviation;
            }
        }

        // Five standard errors of each statistic.
        double n = Rows * Dimension, error = 5 / Math.Sqrt(n);
        Assert.Equal(0, sum / n, error);
        Assert.Equal(1, squares / n, Math.Sqrt(2) * error);
        Assert.Equal(0, neighbours / n, error);
    }

    [Fact]
    public void Fill_Normal_FollowsTheNormalDistribution()
    {
        double[] cuts = [-2, -1, -0.5, 0, 0.5, 1, 2];
        double[] expected = [0.0227501319, 0.1586552539, 0.3085375387, 0.5, 0.6914624613, 0.8413447461, 0.9772498681];
        double[] row = new double[Dimension], below = new double[cuts.Length];
        for (ulong key = 1; key <= Rows; key++)
        {
            new DefaultTensorInitializer().Fill("w", CounterRandom.Combine(7, key), row);
            for (int c = 0; c < cuts.Length; c++) below[c] += row.Count(x => x < cuts[c]);
        }

        for (int c = 0; c < cuts.Length; c++) Assert.Equal(expected[c], below[c] / (Rows * Dimension), 2.5 / Math.Sqrt(Rows * Dimension));
    }

    [Fact]
    public void Fill_XavierUniform_InsideItsBound()
    {
        double bound = Math.Sqrt(2) * Math.Sqrt(6.0 / (1 + Dimension)), largest = 0;
        double[] row = new double[Dimension];
        for (ulong key = 1; key <= 1000; key++)
        {
            new XavierTensorInitializer().Fill("w", key, row);
            largest = Math.Max(largest, row.Max(Math.Abs));
        }

        Assert.InRange(largest, 0.99 * bound, bound);
    }

    [Fact]
    public void Fill_SameSeed_SameBitsInBothPrecisionsAndAnyLength()
    {
        var initializer = new NormalTensorInitializer(0, 0.01);
        double[] doubles = new double[9];
        initializer.Fill("w", 99, doubles);

        Assert.Equal([.. doubles.Select(x => (float)x)], Row(initializer, "w", 99, 9));
        Assert.Equal(Row(initializer, "w", 99, 9)[..5], Row(initializer, "other", 99, 5));
        Assert.NotEqual(Row(initializer, "w", 99, 9), Row(initializer, "w", 100, 9));
    }

    [Fact]
    public void Validate_OutOfRange_NamesOption()
    {
        Assert.Equal(["normal: standardDeviation is 0; expected a number above 0"], new NormalTensorInitializer(0, 0).Validate());
        Assert.Equal(["normal: mean is NaN; expected a number that is finite"], new NormalTensorInitializer(double.NaN, 1).Validate());
        Assert.Equal(["uniform: bound is -1; expected a number above 0"], new UniformTensorInitializer(-1).Validate());
        Assert.Equal(["xavier: unknown activation 9"], new XavierTensorInitializer((XavierActivation)9).Validate());
        Assert.Empty(new XavierTensorInitializer().Validate());
    }

    static float[] Row(TensorInitializer initializer, string name, ulong seed, int length)
    {
        float[] row = new float[length];
        initializer.Fill(name, seed, row);
        return row;
    }
}
