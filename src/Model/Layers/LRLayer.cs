using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>The linear part: the sum of all columns. Input (B, n), output (B, 1).</summary>
public sealed class LRLayer() : nn.Module<Tensor, Tensor>(nameof(LRLayer))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.sum(1, keepdim: true);
}
