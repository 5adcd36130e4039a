using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Losses;

/// <summary>
/// What training minimises. Derive from it to write a loss of your own; its only constructor takes one JSON-serialisable
/// options object (or nothing), so that every worker can build its own copy. Called by one thread at a time.
/// </summary>
public abstract class LossFunction
{
    /// <summary>The mean loss of a batch, differentiable with respect to the predictions.</summary>
    /// <param name="predictions">Shape (B, 1), float32, B ≥ 1.</param>
    /// <param name="labels">Shape (B, 1), float32.</param>
    /// <returns>A scalar, owned by the caller (or by the dispose scope that is open).</returns>
    public abstract Tensor Compute(Tensor predictions, Tensor labels);
}
