namespace MetaSpore.Spark.Model.Layers;

/// <summary>The ranges that both normalisation layers demand.</summary>
static class NormalizationArguments
{
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static void Check(long numFeatures, double eps, double momentum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numFeatures, 1);
        if (!(eps > 0 && double.IsFinite(eps))) throw new ArgumentOutOfRangeException(nameof(eps), eps, "ε is a finite number above 0");
        if (!(momentum is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "the momentum is in (0, 1)");
    }
}
