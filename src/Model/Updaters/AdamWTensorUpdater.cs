using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// AdamW (Loshchilov and Hutter, ICLR 2019, algorithm 2): p ← p·(1 − lr·weightDecay), then Adam's step with bias
/// correction, t being <see cref="UpdateStep.Number"/>. With AMSGrad (Reddi, Kale and Kumar, ICLR 2018) the largest v so
/// far takes the place of v. The states are m and v (and the largest v). Rows outside a batch neither decay nor move.
/// </summary>
/// <param name="LearningRate">Step size (lr), above 0.</param>
/// <param name="Beta1">Decay of the first moment (β1), in [0, 1).</param>
/// <param name="Beta2">Decay of the second moment (β2), in [0, 1).</param>
/// <param name="Epsilon">ε, at least 0.</param>
/// <param name="WeightDecay">Decoupled weight decay, at least 0.</param>
/// <param name="BiasCorrection">Whether the moments are divided by 1 − βᵗ.</param>
/// <param name="AmsGrad">Whether the largest second moment so far is used; adds a state.</param>
public sealed record AdamWTensorUpdater(
    double LearningRate = 1e-3,
    double Beta1 = 0.9,
    double Beta2 = 0.999,
    double Epsilon = 1e-8,
    double WeightDecay = 1e-2,
    bool BiasCorrection = true,
    bool AmsGrad = false) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => AmsGrad ? 3 : 2;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step)
    {
        AdamConstants constants = AdamConstants.Of(
            LearningRate, Beta1, Beta2, Epsilon, WeightDecay, BiasCorrection ? step.Number : UpdateStep.Unknown);
        return AmsGrad
            ? new RuleUpdate<T, AmsGradRule<T>>(new(constants))
            : new RuleUpdate<T, AdamRule<T>>(new(constants));
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
    [
        .. AdamConstants.Validate("adamw", LearningRate, Beta1, Beta2, Epsilon),
        .. OptionRange.NotNegative("adamw", nameof(WeightDecay), WeightDecay),
    ];
}
