using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Weights uniform in [−bound, bound).</summary>
/// <param name="Bound">The bound, above 0.</param>
public sealed record UniformTensorInitializer(double Bound = 0.05) : TensorInitializer
{
    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<float> row) => Draws.Uniform(seed, row, Bound);

    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<double> row) => Draws.Uniform(seed, row, Bound);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => OptionRange.Positive("uniform", nameof(Bound), Bound);
}
