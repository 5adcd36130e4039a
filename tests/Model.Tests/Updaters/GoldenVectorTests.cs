using System.Globalization;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Updaters;

[Trait("Category", Golden.Category)]
public sealed partial class GoldenVectorTests
{
    static readonly double[] s_gradients = [0.5, -0.3, 0.2];

    public static TheoryData<string, TensorUpdater> Lines => new()
    {
        { "sgd(0.1) ", new SgdTensorUpdater(0.1) },
        { "adagrad(0.1,1e-8,0.01) ", new AdaGradTensorUpdater(0.1, 1e-8, 0.01) },
        { "adam(0.001) ", new AdamTensorUpdater(0.001, BiasCorrection: false) },
        { "adamw(0.001) ", new AdamWTensorUpdater(0.001) },
        { "ftrl() ", new FtrlTensorUpdater() },
        { "ftrl(l1=0.1,l2=1.0,alpha=0.5,beta=1.0) ", new FtrlTensorUpdater(0.1, 1, 0.5, 1) },
        { "ema(0.1) ", new EmaTensorUpdater(0.1) },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Update_GoldenPushes_ValuesAndStates(string line, TensorUpdater updater)
    {
        string text = File.ReadLines(Golden.File("golden.txt")).First(l => l.StartsWith(line, StringComparison.Ordinal))[line.Length..];
        double[] expected = [.. Number().Matches(text).Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture))];
        int k = updater.StatesPerParameter;
        double[] parameter = [0.1], state = new double[k];
        List<double> actual = [];

        for (int t = 0; t < s_gradients.Length; t++)
        {
            updater.Update(parameter, [s_gradients[t]], state, new UpdateStep(t + 1));
            actual.AddRange(parameter);
            actual.AddRange(state);
        }

        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-8 * Math.Max(1e-3, Math.Abs(expected[i])));
    }

    [GeneratedRegex(@"-?\d[\d.]*(e-?\d+)?")]
    private static partial Regex Number();
}
