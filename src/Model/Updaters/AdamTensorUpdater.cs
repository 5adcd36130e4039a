namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015, algorithm 1): m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g²,
/// p ← p − lr·(m / (1 − β1ᵗ)) / (√(v / (1 − β2ᵗ)) + ε), t being <see cref="UpdateStep.Number"/>. Rows outside a batch keep
/// their moments. The states are m and v.
/// </summary>
/// <param name="LearningRate">Step size (lr), above 0.</param>
/// <param name="Beta1">Decay of the first moment (β1), in [0, 1).</param>
/// <param name="Beta2">Decay of the second moment (β2), in [0, 1).</param>
/// <param name="Epsilon">ε, at least 0.</param>
/// <param name="BiasCorrection">Whether the moments are divided by 1 − βᵗ; off reproduces MetaSpore.</param>
public sealed record AdamTensorUpdater(
    double LearningRate = 1e-3, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, bool BiasCorrection = true) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 2;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step) => new RuleUpdate<T, AdamRule<T>>(
        new(AdamConstants.Of(LearningRate, Beta1, Beta2, Epsilon, weightDecay: 0, BiasCorrection ? step.Number : UpdateStep.Unknown)));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => AdamConstants.Validate("adam", LearningRate, Beta1, Beta2, Epsilon);
}
