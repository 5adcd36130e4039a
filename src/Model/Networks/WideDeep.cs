using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>
/// Wide &amp; Deep (Cheng et al., 2016): p = σ(linear part + MLP over the features' embeddings and the dense columns).
/// Output (B, 1).
/// </summary>
public sealed class WideDeep : LinearNetwork
{
    readonly EmbeddingSumConcat _embedding;
    readonly Mlp _mlp;

    /// <summary>Creates the network.</summary>
    /// <param name="options">The features and the shape of the MLP.</param>
    /// <exception cref="Errors.BadInputException">An option is outside its range.</exception>
    public WideDeep(WideDeepOptions options) : base(nameof(WideDeep), options)
    {
        _embedding = AddEmbedding(options);
        _mlp = AddMlp(options);
    }

    /// <inheritdoc/>
    public override Tensor forward(Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor logit, Tensor? dense) = Linear(batch);
        logit = logit.Plus(_mlp.call(Join(_embedding.call(batch), dense), batch));
        return logit.sigmoid_().MoveToOuterDisposeScope();
    }
}
