using MetaSpore.Spark.Model.Layers;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Losses;

/// <summary>The mean of (p − y)².</summary>
public sealed class MeanSquaredError : LossFunction
{
    /// <inheritdoc/>
    public override Tensor Compute(Tensor predictions, Tensor labels)
    {
        using var scope = NewDisposeScope();
        return (predictions - labels).Squared().mean().MoveToOuterDisposeScope();
    }
}
