using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Tests.Embeddings;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Layers;

public class LayerTests
{
    static Minibatch Seeded(ulong seed) => new(0, null, null, true, seed);

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Dropout_Training_ZeroesTheShareAndKeepsTheMean(double probability)
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Dropout(probability);
        layer.train();
        float[] output = Batches.Values(layer.call(ones(100_001), Seeded(3)));
        double share = output.Count(value => value == 0) / 100_001.0;
        Assert.Equal(probability, share, 5 * Math.Sqrt(probability * (1 - probability) / 100_001));
        Assert.All(output.Where(value => value != 0), value => Assert.Equal(1 / (1 - probability), value, 1e-5));
    }

    [Fact]
    public void Dropout_OtherStreamOrSeed_OtherMask()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Dropout(0.5);
        layer.train();
        float[] first = Batches.Values(layer.call(ones(64), Seeded(3)));
        Assert.Equal(first, Batches.Values(layer.call(ones(64), Seeded(3))));
        Assert.NotEqual(first, Batches.Values(layer.call(ones(64), Seeded(4))));
        layer.Stream = 1;
        Assert.NotEqual(first, Batches.Values(layer.call(ones(64), Seeded(3))));
    }

    [Fact]
    public void Dropout_Backward_PassesTheKeptElements()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Dropout(0.5);
        layer.train();
        Tensor input = ones(64).requires_grad_();
        Tensor output = layer.call(input, Seeded(3));
        output.sum().backward();
        Assert.Equal(Batches.Values(output), Batches.Values(input.grad!));
    }

    [Fact]
    public void Dropout_Evaluation_IsIdentity()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new Dropout(0.5);
        layer.eval();
        Assert.Equal([1f, 2f], Batches.Values(layer.call(tensor(new[] { 1f, 2f }), Seeded(3))));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Dropout_OutOfRange_Throws(double probability) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(probability));

    [Fact]
    public void LRLayer_Columns_AreSummed()
    {
        using DisposeScope scope = NewDisposeScope();
        using var layer = new LRLayer();
        Tensor output = layer.call(tensor(new[] { 1f, 2f, 3f, 4f, 5f, 6f }).view(2, 3));
        Assert.Equal([2, 1], output.shape);
        Assert.Equal([6f, 15f], Batches.Values(output));
    }

    [Theory]
    [InlineData(Activation.Relu, -2, 0)]
    [InlineData(Activation.Relu, 2, 2)]
    [InlineData(Activation.Sigmoid, 1, 0.7310586)]
    [InlineData(Activation.Tanh, 1, 0.7615942)]
    [InlineData(Activation.LeakyRelu, -2, -0.02)]
    [InlineData(Activation.Gelu, 1, 0.8413447)]
    [InlineData(Activation.Identity, -2, -2)]
    public void Apply_Activation_EqualsFormula(Activation activation, float input, double expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal(expected, Batches.Values(activation.Apply(tensor(new[] { input })))[0], 1e-6);
    }

    [Fact]
    public void Mlp_WithoutOutput_EndsWithTheLastHiddenLayer()
    {
        using DisposeScope scope = NewDisposeScope();
        using var mlp = new Mlp(new MlpOptions { InputSize = 3, HiddenUnits = [5, 4], OutputSize = 0, InputNormalization = true, BatchNorm = true });
        Assert.Equal([2, 4], mlp.call(randn(2, 3), Seeded(1)).shape);
        Assert.Equal(
            ["normalization.weight", "normalization.bias", "linear_0.weight", "linear_0.bias", "batch_norm_0.weight", "batch_norm_0.bias", "linear_1.weight", "linear_1.bias", "batch_norm_1.weight", "batch_norm_1.bias"],
            mlp.named_parameters().Select(parameter => parameter.name));
    }

    [Fact]
    public void Mlp_Weights_AreXavierUniformAndBiasesZero()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(2).Dispose();
        using var mlp = new Mlp(new MlpOptions { InputSize = 300, HiddenUnits = [200] });
        float[] weight = Batches.Values(mlp.get_parameter("linear_0.weight")!);
        double bound = Math.Sqrt(6.0 / 500);
        Assert.All(weight, value => Assert.InRange(value, -bound, bound));
        Assert.Equal(bound * bound / 3, weight.Average(value => value * value), 1e-4);
        Assert.All(Batches.Values(mlp.get_parameter("linear_0.bias")!), value => Assert.Equal(0f, value));
    }

    [Fact]
    public void Mlp_NothingInside_PassesItsInput()
    {
        using DisposeScope scope = NewDisposeScope();
        using var mlp = new Mlp(new MlpOptions { InputSize = 2, OutputSize = 0 });
        Tensor input = tensor(new[] { 1f, 2f }).view(1, 2);
        Assert.Equal([1f, 2f], Batches.Values(mlp.call(input, Seeded(1))));
    }

    [Theory]
    [InlineData(0, 1, 1, "0 columns")]
    [InlineData(2, 0, 1, "[0]")]
    [InlineData(2, 1, -1, "-1 columns")]
    public void Mlp_OutOfRange_NamesTheValue(long input, int hidden, long output, string expected)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Mlp(new MlpOptions { InputSize = input, HiddenUnits = [hidden], OutputSize = output }));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cast_Values_KeepOrder()
    {
        using DisposeScope scope = NewDisposeScope();
        using var cast = new Cast(["a", "b"]);
        using var buffer = new NativeBuffer();
        Assert.ThrowsAny<InvalidOperationException>(() => cast.forward(Seeded(1)));
        NativeBlock block = buffer.Reserve<float>(4);
        ((float[])[1, 2, 3, 4]).CopyTo(block.AsSpan<float>());
        cast.Load(block, 2);
        Tensor output = cast.call(Seeded(1));
        Assert.Equal([2, 2], output.shape);
        Assert.Equal([1f, 2f, 3f, 4f], Batches.Values(output));
        Assert.Contains("3 rows × 2 columns need 24", Assert.Throws<ArgumentException>(() => cast.Load(block, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Cast([]));
    }
}
