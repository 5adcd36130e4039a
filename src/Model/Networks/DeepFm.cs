using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>
/// DeepFM (Guo et al., 2017): p = σ(linear part + second-order interactions + MLP), the last two over the same embeddings;
/// dense columns enter the linear part and the MLP. Output (B, 1).
/// </summary>
public sealed class DeepFm : LinearNetwork
{
    readonly EmbeddingSumConcat _embedding;
    readonly FMLayer _interactions;
    readonly Mlp _mlp;

    /// <summary>Creates the network.</summary>
    /// <param name="options">The features and the shape of the MLP.</param>
    /// <exception cref="Errors.BadInputException">An option is outside its range.</exception>
    public DeepFm(DeepFmOptions options) : base(nameof(DeepFm), options)
    {
        _embedding = AddEmbedding(options);
        register_module("interactions", _interactions = new FMLayer(options.Columns.Features.Count, options.EmbeddingSize));
        _mlp = AddMlp(options);
    }

    /// <inheritdoc/>
    public override Tensor forward(Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor logit, Tensor? dense) = Linear(batch);
        Tensor embeddings = _embedding.call(batch); // (B, F·E)
        logit = logit.Plus(_interactions.call(embeddings)).Plus(_mlp.call(Join(embeddings, dense), batch));
        return logit.sigmoid_().MoveToOuterDisposeScope();
    }
}
