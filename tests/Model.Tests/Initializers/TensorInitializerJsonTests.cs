using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Initializers;

public sealed class TensorInitializerJsonTests
{
    public static TheoryData<string, TensorInitializer> Texts => new()
    {
        { """{"type":"default"}""", new DefaultTensorInitializer() },
        { """{"type":"zero"}""", new ZeroTensorInitializer() },
        { """{"type":"one"}""", new OneTensorInitializer() },
        { """{"type":"normal","mean":1,"standardDeviation":0.01}""", new NormalTensorInitializer(1, 0.01) },
        { """{"type":"uniform","bound":0.1}""", new UniformTensorInitializer(0.1) },
        { """{"type":"xavier","activation":"leakyRelu","distribution":"normal"}""", new XavierTensorInitializer(XavierActivation.LeakyRelu, XavierDistribution.Normal) },
    };

    [Theory]
    [MemberData(nameof(Texts), DisableDiscoveryEnumeration = true)]
    public void Parse_Text_InitializerThatRoundTrips(string text, TensorInitializer expected)
    {
        Assert.Equal(expected, TensorInitializerJson.Parse(text));
        Assert.Equal(text, TensorInitializerJson.Write(expected));
    }

    [Theory]
    [InlineData("""{"type":"gauss"}""", "unknown initializer 'gauss'; known are default, normal, one, uniform, xavier, zero, and your own as 'Namespace.Type, Assembly'")]
    [InlineData("""{"type":"xavier","activation":"mish"}""", "initializer 'xavier': 'activation' can't be \"mish\"; its options: activation (linear or sigmoid or tanh or relu or leakyRelu or selu), distribution (uniform or normal)")]
    [InlineData("""{"type":"xavier","gain":2}""", "initializer 'xavier' has no option 'gain'; its options: activation (linear or sigmoid or tanh or relu or leakyRelu or selu), distribution (uniform or normal)")]
    public void Parse_Malformed_SaysWhat(string text, string message)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => TensorInitializerJson.Parse(text));

        Assert.Equal(message, e.Message);
    }
}
