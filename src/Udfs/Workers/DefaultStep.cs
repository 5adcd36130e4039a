using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Forward, and in training the loss.</summary>
sealed class DefaultStep : MinibatchTransformer
{
    /// <inheritdoc/>
    public override (Tensor Predictions, Tensor? Loss) Transform(SparseModel model, Minibatch minibatch, LossFunction loss)
    {
        Tensor predictions = model.Forward(minibatch);
        return (predictions, minibatch.Training ? loss.Compute(predictions, minibatch.Labels!) : null);
    }
}
