namespace MetaSpore.Spark.Model.Updaters;

/// <summary>Ignores gradients: frozen parameters.</summary>
public sealed record NoOpTensorUpdater : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 0;

    /// <inheritdoc/>
    public override void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, in UpdateStep step)
    {
    }

    /// <inheritdoc/>
    public override void Update(Span<double> parameter, ReadOnlySpan<double> gradient, Span<double> state, in UpdateStep step)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => [];
}
