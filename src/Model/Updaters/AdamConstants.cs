using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>What an Adam step needs besides parameter, gradient and moments, computed in double precision.</summary>
/// <param name="Beta1">β1.</param>
/// <param name="Beta2">β2.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="Keep">What decoupled weight decay leaves of a parameter: 1 − lr·weightDecay.</param>
/// <param name="StepSize">lr / (1 − β1ᵗ).</param>
/// <param name="RootScale">1 / √(1 − β2ᵗ).</param>
readonly record struct AdamConstants(double Beta1, double Beta2, double Epsilon, double Keep, double StepSize, double RootScale)
{
    /// <summary>The constants of step <paramref name="number"/> (t).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is below 1.</exception>
    public static AdamConstants Of(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, long number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        double keep = 1 - (learningRate * weightDecay);
        if (number == UpdateStep.Unknown) return new(beta1, beta2, epsilon, keep, learningRate, 1);
        return new(
            beta1, beta2, epsilon, keep, learningRate / (1 - Math.Pow(beta1, number)), 1 / Math.Sqrt(1 - Math.Pow(beta2, number)));
    }

    /// <summary>The range errors that Adam and AdamW share.</summary>
    public static IEnumerable<string> Validate(string updater, double learningRate, double beta1, double beta2, double epsilon) =>
    [
        .. OptionRange.Positive(updater, "LearningRate", learningRate),
        .. OptionRange.Fraction(updater, "Beta1", beta1),
        .. OptionRange.Fraction(updater, "Beta2", beta2),
        .. OptionRange.NotNegative(updater, "Epsilon", epsilon),
    ];
}
