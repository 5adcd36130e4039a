using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Tests.Embeddings;
using MetaSpore.Spark.Model.Updaters;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Layers;

public class NormalizationTests
{
    static readonly float[] s_input = [1, 10, 3, 30, 5, 20, 9, 60]; // (4, 2)
    static readonly double[] s_mean = [4.5, 30];

    static Tensor Input() => tensor(s_input).view(4, 2);

    static void Set(Tensor target, params float[] values)
    {
        using (no_grad()) target.copy_(tensor(values));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forward_AnyMode_DividesByTheRunningStatistics(bool training)
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Normalization(2, eps: 0.01);
        Set(layer.Values[0].Value, 2, 15);
        Set(layer.Values[1].Value, 4, 0.25f);
        Set(layer.get_parameter("weight")!, 3, 0.5f);
        Set(layer.get_parameter("bias")!, -1, 1);
        layer.train(training);
        float[] output = Batches.Values(layer.call(Input()));
        for (int i = 0; i < 8; i++)
        {
            double expected = i % 2 == 0
                ? ((s_input[i] - 2) / Math.Sqrt(4.01) * 3) - 1
                : ((s_input[i] - 15) / Math.Sqrt(0.26) * 0.5) + 1;
            Assert.Equal(expected, output[i], 1e-4);
        }

        Assert.Equal([2f, 15f], Batches.Values(layer.Values[0].Value));
    }

    [Fact]
    public void Take_AfterTraining_IsMeanAndDistanceFromTheOldRunningMean()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Normalization(2);
        Set(layer.Values[0].Value, 2, 15);
        layer.train();
        layer.call(Input());
        Assert.Equal([4.5f, 30f], Batches.Values(layer.Values[0].Take()!));
        float[] variance = Batches.Values(layer.Values[1].Take()!);
        Assert.Equal((1 + 1 + 9 + 49) / 4.0, variance[0], 1e-5);
        Assert.Equal((25 + 225 + 25 + 2025) / 4.0, variance[1], 1e-4);
        Assert.Null(layer.Values[0].Take());
    }

    [Fact]
    public void Take_AfterEvaluation_IsNull()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Normalization(2);
        layer.eval();
        layer.call(Input());
        Assert.Null(layer.Values[0].Take());
    }

    [Fact]
    public void Backward_Training_NoGradientThroughTheStatistics()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Normalization(2, affine: false);
        Set(layer.Values[1].Value, 4, 0.25f);
        layer.train();
        Tensor input = Input().requires_grad_();
        layer.call(input).sum().backward();
        float[] gradient = Batches.Values(input.grad!);
        for (int i = 0; i < 8; i++) Assert.Equal(1 / Math.Sqrt((i % 2 == 0 ? 4 : 0.25) + 1e-5), gradient[i], 1e-5);
    }

    [Fact]
    public void Forward_ThreeAxes_ReducesTheFirst()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Normalization(2);
        layer.train();
        Assert.Equal([2, 2, 2], layer.call(Input().view(2, 2, 2)).shape);
    }

    [Fact]
    public void BatchNormalization_Training_EqualsFormulaAndPushesUnbiasedVariance()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new BatchNormalization(2);
        Set(layer.get_parameter("weight")!, 3, 0.5f);
        Set(layer.get_parameter("bias")!, -1, 1);
        layer.train();
        float[] output = Batches.Values(layer.call(Input()));
        double[] biased = [.. Enumerable.Range(0, 2).Select(c => Enumerable.Range(0, 4).Average(r => Math.Pow(s_input[(r * 2) + c] - s_mean[c], 2)))];
        for (int i = 0; i < 8; i++)
        {
            double normal = (s_input[i] - s_mean[i % 2]) / Math.Sqrt(biased[i % 2] + 1e-5);
            Assert.Equal(i % 2 == 0 ? (normal * 3) - 1 : (normal * 0.5) + 1, output[i], 1e-4);
        }

        Assert.Equal([4.5f, 30f], Batches.Values(layer.Values[0].Take()!));
        float[] pushed = Batches.Values(layer.Values[1].Take()!);
        Assert.Equal(biased[0] * 4 / 3, pushed[0], 1e-4);
        Assert.Equal(biased[1] * 4 / 3, pushed[1], 1e-3);
    }

    [Fact]
    public void BatchNormalization_Evaluation_UsesRunningStatistics()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new BatchNormalization(2, affine: false);
        Set(layer.Values[0].Value, 2, 15);
        Set(layer.Values[1].Value, 4, 0.25f);
        layer.eval();
        float[] output = Batches.Values(layer.call(Input()));
        for (int i = 0; i < 8; i++)
            Assert.Equal(i % 2 == 0 ? (s_input[i] - 2) / Math.Sqrt(4 + 1e-5) : (s_input[i] - 15) / Math.Sqrt(0.25 + 1e-5), output[i], 1e-4);
    }

    [Fact]
    public void BatchNormalization_StoreAverage_FollowsTorchsRunningStatistics()
    {
        using DisposeScope scope = NewDisposeScope();
        using var ours = new BatchNormalization(3, momentum: 0.2);
        using BatchNorm1d torchs = nn.BatchNorm1d(3, momentum: 0.2);
        ours.train();
        torchs.train();
        manual_seed(5).Dispose();
        for (int step = 0; step < 5; step++)
        {
            Tensor input = randn(6, 3) * 2 + 1;
            EmbeddingOperatorTests.AssertClose(Batches.Values(torchs.call(input)), Batches.Values(ours.call(input)), 1e-5);
            foreach (ValueTensor value in ours.Values)
            {
                float[] running = Batches.Values(value.Value);
                value.Updater.Update(running, Batches.Values(value.Take()!), [], new UpdateStep(step + 1));
                Set(value.Value, running);
            }
        }

        EmbeddingOperatorTests.AssertClose(Batches.Values(torchs.running_mean!), Batches.Values(ours.Values[0].Value), 1e-5);
        EmbeddingOperatorTests.AssertClose(Batches.Values(torchs.running_var!), Batches.Values(ours.Values[1].Value), 1e-5);
    }

    [Theory]
    [InlineData(0, 1e-5, 0.1)]
    [InlineData(2, 0, 0.1)]
    [InlineData(2, 1e-5, 1)]
    [InlineData(2, 1e-5, double.NaN)]
    public void Constructor_OutOfRange_Throws(long features, double eps, double momentum)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Normalization(features, eps, momentum));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchNormalization(features, eps, momentum));
    }
}
