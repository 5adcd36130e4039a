namespace MetaSpore.Spark.Model.Initializers;

/// <summary>MetaSpore's default: N(0, 1), or 0 where the name ends with <c>bias</c>.</summary>
public sealed record DefaultTensorInitializer : TensorInitializer
{
    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<float> row) => Draws.Normal(name, seed, row, 0, 1);

    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<double> row) => Draws.Normal(name, seed, row, 0, 1);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => [];
}
