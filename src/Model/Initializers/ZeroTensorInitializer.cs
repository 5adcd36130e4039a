namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Every weight begins at 0.</summary>
public sealed record ZeroTensorInitializer : TensorInitializer
{
    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<float> row) => row.Clear();

    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<double> row) => row.Clear();

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => [];
}
