using MetaSpore.Spark.Model.Updaters;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Updaters;

public sealed class TensorUpdaterTests
{
    [Fact]
    public void AdaGrad_ZeroGradientOnFreshRow_StaysFinite()
    {
        float[] parameter = [0.5f, 0.25f], state = new float[2];

        new AdaGradTensorUpdater().Update(parameter, [0f, 0f], state, new UpdateStep(1));

        Assert.Equal([0.5f, 0.25f], parameter);
        Assert.Equal([0f, 0f], state);
    }

    [Fact]
    public void Adam_FirstStepCorrected_MovesByLearningRate()
    {
        double[] parameter = [1.0, 1.0];

        new AdamTensorUpdater(0.01, Epsilon: 0).Update(parameter, [3.0, -7.0], new double[4], new UpdateStep(1));

        Assert.Equal(0.99, parameter[0], 1e-12);
        Assert.Equal(1.01, parameter[1], 1e-12);
    }

    [Fact]
    public void Adam_UnknownStep_EqualsUncorrected()
    {
        float[] corrected = [1f, 2f], uncorrected = [1f, 2f];

        new AdamTensorUpdater().Update(corrected, [3f, -7f], new float[4], new UpdateStep(UpdateStep.Unknown));
        new AdamTensorUpdater(BiasCorrection: false).Update(uncorrected, [3f, -7f], new float[4], new UpdateStep(1));

        Assert.Equal(uncorrected, corrected);
    }

    [Fact]
    public void Adam_StepBelowOne_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamTensorUpdater().Update([1f], [1f], new float[2], new UpdateStep(0)));

    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(-1f, -1f)]
    public void Ftrl_AtThreshold_ExactlyZero(float gradient, float z)
    {
        float[] parameter = [0.3f], state = new float[2];

        new FtrlTensorUpdater(L1: 1, L2: 0, Alpha: float.MaxValue, Beta: 0).Update(parameter, [gradient], state, new UpdateStep(1));

        Assert.Equal(0f, parameter[0]);
        Assert.Equal(z, state[1]);
    }

    [Fact]
    public void Update_NaNGradient_NaNParameter()
    {
        foreach (TensorUpdater updater in new TensorUpdater[] { new SgdTensorUpdater(), new AdaGradTensorUpdater(), new AdamTensorUpdater(), new FtrlTensorUpdater() })
        {
            float[] parameter = [0.5f];
            updater.Update(parameter, [float.NaN], new float[updater.StatesPerParameter], new UpdateStep(1));
            Assert.True(float.IsNaN(parameter[0]), updater.ToString());
        }
    }

    [Fact]
    public void Validate_Defaults_Empty()
    {
        TensorUpdater[] updaters =
        [
            new NoOpTensorUpdater(), new SgdTensorUpdater(), new AdaGradTensorUpdater(), new AdamTensorUpdater(), new AdamWTensorUpdater(),
            new FtrlTensorUpdater(), new EmaTensorUpdater(),
        ];

        Assert.All(updaters, updater => Assert.Empty(updater.Validate()));
    }

    [Fact]
    public void Validate_FtrlWithoutL1_Empty() => Assert.Empty(new FtrlTensorUpdater(L1: 0, L2: 0).Validate());

    public static TheoryData<TensorUpdater, string> Invalid => new()
    {
        { new SgdTensorUpdater(0), "sgd: learningRate is 0; expected a number above 0" },
        { new SgdTensorUpdater(double.NaN), "sgd: learningRate is NaN; expected a number above 0" },
        { new AdaGradTensorUpdater(0.1, -1), "adagrad: epsilon is -1; expected a number of at least 0" },
        { new AdamTensorUpdater(0.1, Beta1: 1), "adam: beta1 is 1; expected a number of at least 0 and below 1" },
        { new AdamWTensorUpdater(0.1, WeightDecay: -0.5), "adamw: weightDecay is -0.5; expected a number of at least 0" },
        { new FtrlTensorUpdater(Alpha: 0), "ftrl: alpha is 0; expected a number above 0" },
        { new EmaTensorUpdater(1), "ema: momentum is 1; expected a number above 0 and below 1" },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public void Validate_OutOfRange_NamesOption(TensorUpdater updater, string problem) => Assert.Equal([problem], updater.Validate());
}
