namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Every weight begins at 1.</summary>
public sealed record OneTensorInitializer : TensorInitializer
{
    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<float> row) => row.Fill(1);

    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<double> row) => row.Fill(1);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => [];
}
