using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Normally distributed weights, or 0 where the name ends with <c>bias</c>.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardDeviation">
/// The standard deviation, above 0. MetaSpore calls it <c>var</c>, yet uses it as the standard deviation too.
/// </param>
public sealed record NormalTensorInitializer(double Mean = 0, double StandardDeviation = 1) : TensorInitializer
{
    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<float> row) => Draws.Normal(name, seed, row, Mean, StandardDeviation);

    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<double> row) => Draws.Normal(name, seed, row, Mean, StandardDeviation);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
    [
        .. double.IsFinite(Mean) ? [] : new[] { OptionRange.Problem("normal", nameof(Mean), Mean, "that is finite") },
        .. OptionRange.Positive("normal", nameof(StandardDeviation), StandardDeviation),
    ];
}
