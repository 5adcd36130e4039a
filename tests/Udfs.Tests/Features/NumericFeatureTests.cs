using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Udfs.Features;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Features;

public sealed class NumericFeatureTests
{
    static RecordBatch Doubles(string name, params double?[] values)
    {
        var builder = new DoubleArray.Builder();
        foreach (double? value in values) _ = value is null ? builder.AppendNull() : builder.Append(value.Value);
        return new RecordBatch.Builder().Append(name, true, builder.Build()).Build();
    }

    [Fact]
    public void Extract_EncodedColumnAndCross_KeysOfTokens()
    {
        FeatureSpec spec = FeatureColumns.Categorical("city").Numeric(NumericEncoding.Log2, "price").Cross("city", "price");
        RecordBatch numbers = Doubles("price", 3, null, -1);
        RecordBatch batch = new RecordBatch.Builder().Append("price", true, numbers.Column(0)).Append("city", true, ArrowCells.Scalars("utf8", ["a", "a", ""])).Build();
        var target = new SparseBatch();

        new FeatureExtractor(spec.Hash, [spec.Schema], FeatureState.Of(spec)).Extract(batch, [target]);

        ulong city = new ColumnHash(spec.Hash, "city").Key("a");
        ulong[] price = [.. new[] { "4", "missing", "negative" }.Select(token => new ColumnHash(spec.Hash, "price").Key(token))];
        ulong[] keys = [.. target.IndexSpan.ToArray().Select(index => target.UniqueKeySpan[index])];
        Assert.Equal(
            [
                city, price[0], ColumnHash.Cross(spec.Hash, city, price[0]),
                city, price[1], ColumnHash.Cross(spec.Hash, city, price[1]),
                0, price[2], 0,
            ],
            keys);
    }

    [Fact]
    public void ToState_QuantilesAndFrequentValues_ClosedForm()
    {
        var spec = new FeatureSpec { Numeric = [new(["q"], NumericEncoding.Quantile, Buckets: 4), new(["v"], NumericEncoding.Value, MinCount: 2)] };
        var fitter = new FeatureFitter(spec);
        double?[] values = [9, 1, null, 5, 1, double.NaN, 7, 3, -0.0, 0.0];
        foreach (double?[] part in values.Chunk(3))
        {
            var batch = new RecordBatch.Builder().Append("q", true, Doubles("q", part).Column(0)).Append("v", true, Doubles("v", part).Column(0)).Build();
            fitter.Accumulate(batch);
        }

        FeatureState state = fitter.ToState();

        // Sorted: 0 0 1 1 3 5 7 9, positions 0 2 4 6.
        Assert.Equal([0, 1, 3, 7], state.Encodings["q"].Cuts);
        Assert.Equal([0, 1], state.Encodings["v"].Values);
        Assert.Equal(10, fitter.RowCount);
    }

    [Fact]
    public void Cuts_MoreValuesThanFit_NearTheTrueQuantilesAndRepeatable()
    {
        double[] values = [.. Enumerable.Range(0, 100_000).Select(i => (double)(i * 7919L % 100_003))];
        var first = new QuantileFit(maxValues: 8192);
        var second = new QuantileFit(maxValues: 8192);
        first.Add(values);
        foreach (double[] part in values.Chunk(777)) second.Add(part);

        double[] cuts = first.Cuts(10);

        Assert.Equal(cuts, second.Cuts(10));
        for (int k = 1; k < 10; k++) Assert.InRange(cuts[k], (k * 10_000) - 2500, (k * 10_000) + 2500);
    }

    [Fact]
    public void Accumulate_TooManyDifferentValues_RefusedWithCure()
    {
        var fit = new ValueFit("price", maxValues: 10);

        BadInputException error = Assert.Throws<BadInputException>(() => fit.Add([.. Enumerable.Range(0, 11).Select(i => (double)i)]));

        Assert.Contains("column 'price' has more than 10 different values", error.Message, StringComparison.Ordinal);
        Assert.Contains("log2 or quantile", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_Dense_SignedLogAndMissingZero()
    {
        RecordBatch batch = new RecordBatch.Builder()
            .Append("a", true, Doubles("a", 0, -3, null, double.NaN).Column(0))
            .Append("b", true, ArrowCells.Scalars("int64", ["7", null, "-1", "0"])).Build().Slice(1, 3);
        float[] values = new float[6];

        new DenseExtractor(["b", "a"], DenseTransform.SignedLog).Extract(batch, values);

        Assert.Equal([0f, -(float)Math.Log(4), -(float)Math.Log(2), 0f, 0f, 0f], values);
    }

    [Fact]
    public void Extract_DenseTextNumbers_Read()
    {
        RecordBatch batch = new RecordBatch.Builder().Append("a", true, ArrowCells.Scalars("utf8", [" 1.5", "2", "1e3"])).Build();
        float[] values = new float[3];

        new DenseExtractor(["a"], DenseTransform.None).Extract(batch, values);

        Assert.Equal([1.5f, 2f, 1000f], values);
    }

    [Theory]
    [InlineData("abc", "column 'a', row 1 of the batch: 'abc' is not a number")]
    [InlineData(null, "column 'a', row 1 of the batch: no value; the network's input needs a finite number")]
    [InlineData("1e39", "beyond float32")]
    public void Extract_DenseBadCell_NamesColumnAndRow(string? cell, string message)
    {
        RecordBatch batch = new RecordBatch.Builder().Append("a", true, ArrowCells.Scalars("utf8", ["1", cell])).Build();

        BadInputException error = Assert.Throws<BadInputException>(() => new DenseExtractor(["a"], DenseTransform.None).Extract(batch, new float[2]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, false, "label column 'y', row 1 of the batch: 0.5; expected 0 or 1")]
    [InlineData(null, true, "label column 'y', row 1 of the batch: no value; expected a finite number")]
    public void Extract_BadLabel_NamesRow(double? value, bool anyNumber, string message)
    {
        var labels = new LabelExtractor("y", anyNumber);

        BadInputException error = Assert.Throws<BadInputException>(() => labels.Extract(Doubles("y", 1, value), new float[2]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_Labels_Float32()
    {
        float[] values = new float[3];

        new LabelExtractor("y").Extract(Doubles("y", 1, 0, 1), values);

        Assert.Equal([1f, 0f, 1f], values);
    }
}
