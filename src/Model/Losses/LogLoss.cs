using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Losses;

/// <summary>
/// Binary cross-entropy of probabilities as MetaSpore computes it: the mean of −(y·ln(p + ε) + (1 − y)·ln(1 − p + ε)) with
/// ε = 1e-12.
/// </summary>
/// <remarks>
/// As in MetaSpore a term without a value (p outside [0, 1]) counts 0. A prediction that is NaN itself makes the loss NaN,
/// where MetaSpore goes on with NaN gradients.
/// </remarks>
public sealed class LogLoss : LossFunction
{
    const double Epsilon = 1e-12;

    /// <inheritdoc/>
    public override Tensor Compute(Tensor predictions, Tensor labels)
    {
        using var scope = NewDisposeScope();
        Tensor positive = labels * (predictions + Epsilon).log();
        Tensor negative = (1 - labels) * (1 - predictions + Epsilon).log();
        Tensor terms = -(positive + negative); // (B, 1)
        Tensor isWithoutValue = terms.isnan().logical_and(predictions.isnan().logical_not());
        return where(isWithoutValue, zeros_like(terms), terms).mean().MoveToOuterDisposeScope();
    }
}
