using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Native;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Losses;

public sealed class LossFunctionTests
{
    static readonly float[] s_predictions = [0.1f, 0.4f, 0.35f, 0.8f];
    static readonly float[] s_labels = [0, 0, 1, 1];

    public LossFunctionTests() => LibTorch.Initialize();

    [Fact]
    public void LogLoss_Batch_MeanAndGradientOfTheFormula()
    {
        using Tensor predictions = Column(s_predictions).requires_grad_(), labels = Column(s_labels);

        using Tensor loss = new LogLoss().Compute(predictions, labels);
        loss.backward();

        double expected = s_predictions.Zip(s_labels, (p, y) => -((y * Math.Log(p)) + ((1 - y) * Math.Log(1 - p)))).Average();
        double[] gradient = [.. s_predictions.Zip(s_labels, (p, y) => -((y / p) - ((1 - y) / (1 - p))) / 4)];
        Assert.Equal(expected, loss.item<float>(), 1e-6);
        Assert.Empty(loss.shape);
        float[] actual = [.. predictions.grad!.data<float>()];
        for (int i = 0; i < 4; i++) Assert.Equal(gradient[i], actual[i], 1e-5);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(1f, 0f)]
    public void LogLoss_CertainAndWrong_LogOfEpsilon(float prediction, float label)
    {
        using Tensor predictions = Column([prediction]), labels = Column([label]);

        using Tensor loss = new LogLoss().Compute(predictions, labels);

        Assert.Equal(-Math.Log(1e-12), loss.item<float>(), 1e-4);
    }

    [Fact]
    public void LogLoss_OutsideZeroToOne_TermIsZeroWithZeroGradient()
    {
        using Tensor predictions = Column([1.5f, 0.5f]).requires_grad_(), labels = Column([1f, 1f]);

        using Tensor loss = new LogLoss().Compute(predictions, labels);
        loss.backward();

        Assert.Equal(Math.Log(2) / 2, loss.item<float>(), 1e-6);
        Assert.Equal([0f, -1f], [.. predictions.grad!.data<float>()]);
    }

    [Fact]
    public void LogLoss_PredictionNaN_NaN()
    {
        using Tensor predictions = Column([float.NaN, 0.5f]), labels = Column([1f, 1f]);

        using Tensor loss = new LogLoss().Compute(predictions, labels);

        Assert.True(double.IsNaN(loss.item<float>()));
    }

    [Fact]
    public void MeanSquaredError_Batch_MeanAndGradient()
    {
        using Tensor predictions = Column([1f, -2f]).requires_grad_(), labels = Column([3f, -2.5f]);

        using Tensor loss = new MeanSquaredError().Compute(predictions, labels);
        loss.backward();

        Assert.Equal((4 + 0.25) / 2, loss.item<float>(), 1e-6);
        Assert.Equal([-2f, 0.5f], [.. predictions.grad!.data<float>()]);
    }

    static Tensor Column(float[] values) => tensor(values).reshape(-1, 1);
}
