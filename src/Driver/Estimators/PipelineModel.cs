using MetaSpore.Spark.Driver.Data;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>A fitted <see cref="Pipeline"/>: its transformers in sequence.</summary>
/// <param name="Stages">The stages in order.</param>
public sealed record PipelineModel(IReadOnlyList<ITransformer> Stages) : ITransformer
{
    /// <inheritdoc/>
    public async Task<Dataset> TransformAsync(Dataset dataset, CancellationToken cancellationToken = default)
    {
        foreach (ITransformer stage in Stages) dataset = await stage.TransformAsync(dataset, cancellationToken);
        return dataset;
    }
}
