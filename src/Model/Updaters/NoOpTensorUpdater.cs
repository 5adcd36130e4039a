using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>Ignores gradients: frozen parameters.</summary>
public sealed record NoOpTensorUpdater : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 0;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step) => new Nothing<T>();

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => [];

    sealed class Nothing<T> : StepUpdate<T> where T : unmanaged
    {
        public override void Apply(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state)
        {
        }

        public override void Apply(in RowBatch<T> rows)
        {
        }
    }
}
