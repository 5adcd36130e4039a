using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>p = σ(sum of wide weights + tower of pooled vectors). Its dense weights begin as a formula says, not as a generator does.</summary>
public sealed class TwoTableNetwork : SparseModule
{
    /// <summary>Elements of a vector of the deep table.</summary>
    public const int DeepSize = 4;

    readonly EmbeddingSumConcat _wide;
    readonly EmbeddingSumConcat _deep;
    readonly Sequential _tower;

    /// <summary>Builds the network.</summary>
    public TwoTableNetwork(TwoTableNetworkOptions options) : base(nameof(TwoTableNetwork))
    {
        register_module("wide", _wide = new EmbeddingSumConcat(1, options.Wide));
        register_module("deep", _deep = new EmbeddingSumConcat(DeepSize, options.Deep, new EmbeddingOptions { Pooling = Pooling.Mean }));
        register_module("tower", _tower = CreateTower(options.Deep.Features.Count));
    }

    /// <summary>The dense part over so many features: the same with the parameter store and without.</summary>
    public static Sequential CreateTower(int features)
    {
        Sequential tower = nn.Sequential(nn.Linear(features * DeepSize, 6), nn.Tanh(), nn.Linear(6, 1));
        int i = 0;
        using IDisposable _ = no_grad();
        foreach (Parameter parameter in tower.parameters())
            parameter.copy_(tensor([.. Enumerable.Range(0, (int)parameter.numel()).Select(_ => 0.4f * MathF.Sin(++i))]).reshape(parameter.shape));
        return tower;
    }

    /// <summary>The probabilities, from both tables' outputs.</summary>
    public static Tensor Predict(Tensor wide, Tensor deep, Sequential tower) => (wide.sum(1, keepdim: true) + tower.call(deep)).sigmoid();

    /// <inheritdoc/>
    public override Tensor forward(Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        return Predict(_wide.call(batch), _deep.call(batch), _tower).MoveToOuterDisposeScope();
    }
}
