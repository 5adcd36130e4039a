using MetaSpore.Spark.Model.Metrics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Metrics;

public sealed class BinaryMetricStateTests
{
    static readonly BinaryMetricOptions s_buckets = new() { ExactLimit = 0 };
    static readonly float[] s_predictions = [0.1f, 0.4f, 0.35f, 0.8f, 0.8f, 0.5f];
    static readonly float[] s_labels = [0, 0, 1, 1, 0, 1];

    public static TheoryData<BinaryMetricOptions> Modes => [new BinaryMetricOptions(), s_buckets, new BinaryMetricOptions { ExactLimit = 3 }];

    [Fact]
    public void Merge_AnyGroupingAcrossTheSwitch_SameBits()
    {
        var options = new BinaryMetricOptions { ExactLimit = 250, BucketCount = 5000 };
        (float[] P, float[] Y)[] parts = [.. Enumerable.Range(0, 9).Select(seed => Rows(seed, 20 * (seed + 1)))];
        BinaryClassificationModelMetric whole = Of(options, [.. parts.SelectMany(p => p.P)], [.. parts.SelectMany(p => p.Y)]);
        BinaryClassificationModelMetric left = Merged(options, parts.Select(p => Of(options, p.P, p.Y)));
        BinaryClassificationModelMetric right = Merged(options, parts.Reverse().Select(p => Of(options, p.P, p.Y)));
        BinaryClassificationModelMetric tree = Merged(options, parts.Chunk(4).Select(chunk => Merged(options, chunk.Select(p => Of(options, p.P, p.Y)))));

        Assert.False(whole.IsExact);
        Assert.True(Merged(options, parts[..4].Select(p => Of(options, p.P, p.Y))).IsExact);
        foreach (BinaryClassificationModelMetric metric in new[] { left, right, tree })
        {
            Assert.Equal(whole.GetState(), metric.GetState());
            Assert.Equal(whole.Compute(), metric.Compute());
        }
    }

    [Theory]
    [MemberData(nameof(Modes), DisableDiscoveryEnumeration = true)]
    public void SetState_GetState_SameValuesAndGoesOn(BinaryMetricOptions options)
    {
        (float[] p, float[] y) = Rows(1, 300);
        var metric = new BinaryClassificationModelMetric(options);
        metric.Accumulate(p.AsSpan(0, 100), y.AsSpan(0, 100), 0.7);
        var restored = new BinaryClassificationModelMetric(options);
        restored.Accumulate([0.3f], [1], 9);

        restored.SetState(metric.GetState());
        Assert.Equal(metric.ToString(), restored.ToString());
        metric.Accumulate(p.AsSpan(100), y.AsSpan(100), 0.6);
        restored.Accumulate(p.AsSpan(100), y.AsSpan(100), 0.6);

        Assert.Equal(metric.GetState(), restored.GetState());
        Assert.Equal(metric.Compute(), restored.Compute());
    }

    [Fact]
    public void GetState_BucketsWithFewScores_IsSmall()
    {
        (float[] p, float[] y) = Rows(2, 100_000, levels: 500);

        Assert.InRange(Of(s_buckets, p, y).GetState().Length, 500, 5000);
    }

    [Fact]
    public void SetState_WeightedBuckets_RoundTrips()
    {
        var metric = new BinaryClassificationModelMetric(s_buckets);
        metric.Accumulate([0.25f, 0.75f], [0, 1], 0.1, [0.3f, 1.7f]);
        var restored = new BinaryClassificationModelMetric(s_buckets);

        restored.SetState(metric.GetState());

        Assert.Equal(metric.Compute(), restored.Compute());
    }

    [Fact]
    public void SetState_Truncated_Throws()
    {
        byte[] state = Of(new(), s_predictions, s_labels).GetState();

        Assert.Throws<InvalidDataException>(() => new BinaryClassificationModelMetric().SetState(state.AsSpan(0, state.Length - 1)));
        Assert.Throws<InvalidDataException>(() => new BinaryClassificationModelMetric().SetState(state.AsSpan(0, 5)));
        Assert.Throws<InvalidDataException>(() => new BinaryClassificationModelMetric().SetState([.. state, 0]));
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => new BinaryClassificationModelMetric(new() { BucketCount = 10 }).SetState(state));
        Assert.Equal("the state of the metric has 1000000 buckets; this metric has 10", e.Message);
    }

    [Fact]
    public void Clear_AfterRows_LikeNew()
    {
        BinaryClassificationModelMetric metric = Of(new() { ExactLimit = 2 }, s_predictions, s_labels);

        metric.Clear();

        Assert.Equal(new BinaryClassificationModelMetric(new() { ExactLimit = 2 }).GetState(), metric.GetState());
    }

    [Fact]
    public void Merge_OtherOptionsOrType_Throws()
    {
        Assert.Throws<ArgumentException>(() => new BinaryClassificationModelMetric().Merge(new BasicModelMetric()));
        Assert.Throws<ArgumentException>(() => new BinaryClassificationModelMetric().Merge(new BinaryClassificationModelMetric(s_buckets)));
    }

    static BinaryClassificationModelMetric Of(BinaryMetricOptions options, float[] predictions, float[] labels)
    {
        var metric = new BinaryClassificationModelMetric(options);
        metric.Accumulate(predictions, labels, 0.5);
        return metric;
    }

    static BinaryClassificationModelMetric Merged(BinaryMetricOptions options, IEnumerable<BinaryClassificationModelMetric> parts)
    {
        var metric = new BinaryClassificationModelMetric(options);
        foreach (BinaryClassificationModelMetric part in parts) metric.Merge(part);
        return metric;
    }

    static (float[] Predictions, float[] Labels) Rows(int seed, int count, int levels = 1 << 20)
    {
        var random = new Random(seed);
        float[] predictions = [.. Enumerable.Range(0, count).Select(_ => random.Next(levels) / (float)levels)];
        return (predictions, [.. predictions.Select(p => random.NextDouble() < p ? 1f : 0f)]);
    }
}
