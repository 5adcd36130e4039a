using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Hashing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Hashing;

public sealed class NumericEncoderTests
{
    static NumericEncoder Encoder(NumericEncoding encoding, double[]? cuts = null, double[]? values = null) =>
        new(HashMode.XxHash3, "c", new ColumnEncoding(encoding, cuts ?? [], values ?? []));

    [Fact]
    public void LogBucket_AllMagnitudes_EqualsLogarithm()
    {
        // Away from bucket edges the logarithm in floating point is a safe oracle.
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            double value = Math.Pow(2, random.NextDouble() * 1000) - 1;
            double exact = 2 * Math.Log2(1 + value);
            if (Math.Abs(exact - Math.Round(exact)) < 1e-9) continue;
            Assert.Equal((int)Math.Floor(exact), NumericEncoder.LogBucket(value));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.41, 0)]
    [InlineData(0.42, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    [InlineData(7, 6)]
    [InlineData(1e-300, 0)]
    [InlineData(double.MaxValue, 2047)]
    [InlineData(double.PositiveInfinity, 2048)]
    public void LogBucket_Edges_Exact(double value, int bucket) => Assert.Equal(bucket, NumericEncoder.LogBucket(value));

    [Theory]
    [InlineData(double.NaN, "missing")]
    [InlineData(-0.5, "negative")]
    [InlineData(double.NegativeInfinity, "negative")]
    [InlineData(-0.0, "0")]
    [InlineData(37, "10")]
    public void Token_Log2_Documented(double value, string token) => Assert.Equal(token, Encoder(NumericEncoding.Log2).Token(value));

    [Theory]
    [InlineData(-1, "0")]
    [InlineData(0, "1")]
    [InlineData(0.5, "1")]
    [InlineData(2, "2")]
    [InlineData(1e9, "3")]
    [InlineData(double.NaN, "missing")]
    public void Token_Quantile_CutsUpToTheValue(double value, string token) =>
        Assert.Equal(token, Encoder(NumericEncoding.Quantile, cuts: [0, 2, 100]).Token(value));

    [Theory]
    [InlineData(37, "=37")]
    [InlineData(-0.0, "=0")]
    [InlineData(-2.5, "=-2.5")]
    [InlineData(0.1, "=0.1")]
    [InlineData(38, "10")]
    [InlineData(-3, "negative")]
    public void Token_Value_ExactElseBucket(double value, string token) =>
        Assert.Equal(token, Encoder(NumericEncoding.Value, values: [37, 0, -2.5, 0.1]).Token(value));

    [Theory]
    [InlineData(NumericEncoding.Log2)]
    [InlineData(NumericEncoding.Quantile)]
    [InlineData(NumericEncoding.Value)]
    public void Key_AnyNumber_HashOfItsToken(NumericEncoding encoding)
    {
        foreach (HashMode mode in new[] { HashMode.XxHash3, HashMode.MetaSpore })
        {
            var encoder = new NumericEncoder(mode, "c", new ColumnEncoding(encoding, [1, 5, 9], [5, 6]));
            double[] numbers = [double.NaN, -1, 0, 1, 5, 6, 7, 1e300, double.PositiveInfinity];
            ulong[] keys = new ulong[numbers.Length];
            encoder.Keys(numbers, keys);
            Assert.Equal(numbers.Select(number => new ColumnHash(mode, "c").Key(encoder.Token(number))), keys);
        }
    }
}
