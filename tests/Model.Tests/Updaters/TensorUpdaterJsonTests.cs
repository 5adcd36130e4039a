using System.Numerics;
using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Updaters;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Updaters;

public sealed class TensorUpdaterJsonTests
{
    public static TheoryData<string, TensorUpdater> Texts => new()
    {
        { """{"type":"noop"}""", new NoOpTensorUpdater() },
        { """{"type":"sgd","learningRate":1}""", new SgdTensorUpdater(1) },
        { """{"type":"adagrad","learningRate":0.02}""", new AdaGradTensorUpdater(0.02) },
        { """{"epsilon":1E-4,"type":"adagrad","l2":0.5}""", new AdaGradTensorUpdater(Epsilon: 1e-4, L2: 0.5) },
        { """{"type":"adam","learningRate":0.001,"beta1":0.8,"beta2":0.9,"epsilon":0,"biasCorrection":false}""", new AdamTensorUpdater(0.001, 0.8, 0.9, 0, false) },
        { """{"type":"adamw","weightDecay":0.1,"amsGrad":true}""", new AdamWTensorUpdater(WeightDecay: 0.1, AmsGrad: true) },
        { """{"type":"ftrl","l1":0,"l2":2,"alpha":0.1,"beta":1}""", new FtrlTensorUpdater(0, 2, 0.1, 1) },
        { """{"type":"ema","momentum":0.25}""", new EmaTensorUpdater(0.25) },
    };

    [Theory]
    [MemberData(nameof(Texts), DisableDiscoveryEnumeration = true)]
    public void Parse_Text_UpdaterThatRoundTrips(string text, TensorUpdater expected)
    {
        Assert.Equal(expected, TensorUpdaterJson.Parse(text));
        Assert.Equal(expected, TensorUpdaterJson.Parse(TensorUpdaterJson.Write(expected)));
    }

    [Fact]
    public void Write_Adam_TypeAndAllOptions() => Assert.Equal(
        """{"type":"adam","learningRate":0.001,"beta1":0.9,"beta2":0.999,"epsilon":1E-08,"biasCorrection":true}""",
        TensorUpdaterJson.Write(new AdamTensorUpdater()));

    [Fact]
    public void Serialize_InsideOtherOptions_RoundTrips()
    {
        var holder = new Holder(new FtrlTensorUpdater(0.5), new HalfUpdater(3));

        Holder? read = JsonSerializer.Deserialize<Holder>(JsonSerializer.Serialize(holder));

        Assert.Equal(holder, read);
    }

    [Theory]
    [InlineData("{", "the updater is not valid JSON: ")]
    [InlineData("3", """expected the updater as an object like {"type":"adagrad"}; found 3""")]
    [InlineData("""{"learningRate":1}""", """the updater {"learningRate":1} has no type; give one of adagrad, adam, adamw, ema, ftrl, noop, sgd""")]
    [InlineData("""{"type":"lion"}""", "unknown updater 'lion'; known are adagrad, adam, adamw, ema, ftrl, noop, sgd, and your own as 'Namespace.Type, Assembly'")]
    [InlineData("""{"type":"My.Updater, Absent"}""", "updater 'My.Updater, Absent' was not found; its assembly 'Absent' must be loaded and hold that type")]
    [InlineData("""{"type":"sgd","rate":1}""", "updater 'sgd' has no option 'rate'; its options: learningRate (number)")]
    [InlineData("""{"type":"sgd","statesPerParameter":1}""", "updater 'sgd' has no option 'statesPerParameter'; its options: learningRate (number)")]
    [InlineData("""{"type":"sgd","learningRate":"fast"}""", "updater 'sgd': 'learningRate' can't be \"fast\"; its options: learningRate (number)")]
    [InlineData("""{"type":"noop","x":1}""", "updater 'noop' has no option 'x'; its options: none")]
    [InlineData("""{"type":"sgd","learningRate":-1}""", "sgd: learningRate is -1; expected a number above 0")]
    public void Parse_Malformed_SaysWhat(string text, string message)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => TensorUpdaterJson.Parse(text));

        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TypeOfAnotherKind_Refused()
    {
        string name = $"{typeof(Holder).FullName}, {typeof(Holder).Assembly.GetName().Name}";

        BadInputException e = Assert.Throws<BadInputException>(() => TensorUpdaterJson.Parse($$"""{"type":"{{name}}"}"""));

        Assert.Equal($"updater '{name}' is abstract or does not derive from TensorUpdater", e.Message);
    }

    public sealed record Holder(TensorUpdater Sparse, TensorUpdater Dense);

    public sealed record HalfUpdater(int Times) : TensorUpdater
    {
        public override int StatesPerParameter => 0;

        public override StepUpdate<T> At<T>(in UpdateStep step) => new Half<T>();

        public override IEnumerable<string> Validate() => [];

        sealed class Half<T> : StepUpdate<T> where T : unmanaged, INumber<T>
        {
            public override void Apply(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state) => parameter[0] /= T.CreateChecked(2);
        }
    }
}
