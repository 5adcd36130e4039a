using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// Replaces the default step (forward, then loss) of training, or of validation and scoring. Built on every worker from its
/// spec; called on the worker's thread inside a dispose scope, in validation and scoring without gradients.
/// </summary>
public abstract class MinibatchTransformer
{
    /// <summary>Computes predictions and, in training, the loss; the caller does the backward pass and the pushes.</summary>
    /// <param name="model">The network, its operators loaded.</param>
    /// <param name="minibatch">The rows; in scoring their labels may be unknown.</param>
    /// <param name="loss">The job's loss.</param>
    /// <returns>
    /// Predictions, shape (B, 1), float32, and the loss, a scalar, the mean over the batch; the loss is only needed when
    /// <see cref="Minibatch.Training"/>.
    /// </returns>
    public abstract (Tensor Predictions, Tensor? Loss) Transform(SparseModel model, Minibatch minibatch, LossFunction loss);
}
