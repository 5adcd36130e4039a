using MetaSpore.Spark.Model.Metrics;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Metrics;

public sealed class BasicModelMetricTests
{
    [Fact]
    public void Loss_BatchesOfDifferentSize_MeanOfARow()
    {
        var metric = new BasicModelMetric();

        metric.Accumulate([1, 2, 3], [0, 0, 0], 2);
        metric.Accumulate([1], [0], 6);

        Assert.Equal(3, metric.Loss);
        Assert.Equal("loss: 3, #instance: 4", metric.ToString());
    }

    [Fact]
    public void Loss_NoRowsOrNoLoss_NaN()
    {
        var metric = new BasicModelMetric();
        Assert.Equal(double.NaN, metric.Loss);

        metric.Accumulate([1], [0], double.NaN);

        Assert.Equal(double.NaN, metric.Loss);
    }

    [Fact]
    public void Merge_Derived_StateOfBoth()
    {
        var left = new LargestPrediction();
        left.Accumulate([1, 5], [0, 0], 1);
        var right = new LargestPrediction();
        right.Accumulate([7], [0], 1);

        left.Merge(right);
        right.SetState(left.GetState());

        Assert.Equal([new("largest", 7)], right.Compute());
        Assert.Equal(3, right.InstanceCount);
    }

    sealed class LargestPrediction : ModelMetric
    {
        float _largest = float.NegativeInfinity;

        public override IReadOnlyList<KeyValuePair<string, double>> Compute() => [new("largest", _largest)];

        protected override void Add(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels, double batchLoss, ReadOnlySpan<float> weights)
        {
            foreach (float prediction in predictions) _largest = Math.Max(_largest, prediction);
        }

        protected override void Add(ModelMetric other) => _largest = Math.Max(_largest, ((LargestPrediction)other)._largest);

        protected override void Reset() => _largest = float.NegativeInfinity;

        protected override void Write(BinaryWriter writer) => writer.Write(_largest);

        protected override void Read(BinaryReader reader) => _largest = reader.ReadSingle();
    }
}
