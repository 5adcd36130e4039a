using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>
/// Factorisation machine (Rendle, 2010): p = σ(linear part + second-order interactions of the features' embeddings). Dense
/// columns enter the linear part only. Output (B, 1).
/// </summary>
public sealed class FactorizationMachine : LinearNetwork
{
    readonly EmbeddingSumConcat _embedding;
    readonly FMLayer _interactions;

    /// <summary>Creates the network.</summary>
    /// <param name="options">The features and their size.</param>
    /// <exception cref="Errors.BadInputException">An option is outside its range.</exception>
    public FactorizationMachine(FactorizationMachineOptions options) : base(nameof(FactorizationMachine), options)
    {
        _embedding = AddEmbedding(options);
        register_module("interactions", _interactions = new FMLayer(options.Columns.Features.Count, options.EmbeddingSize));
    }

    /// <inheritdoc/>
    public override Tensor forward(Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logit = Linear(batch).Logit.Plus(_interactions.call(_embedding.call(batch)));
        return logit.sigmoid_().MoveToOuterDisposeScope();
    }
}
