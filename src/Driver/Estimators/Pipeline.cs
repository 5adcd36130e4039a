using MetaSpore.Spark.Driver.Data;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>
/// Estimators and transformers in sequence, itself an estimator: each estimator is fitted on the rows that the stages
/// before it make.
/// </summary>
/// <param name="Stages">The stages in order.</param>
public sealed record Pipeline(IReadOnlyList<IPipelineStage> Stages) : IEstimator
{
    /// <summary>Fits all stages.</summary>
    public async Task<PipelineModel> FitAsync(Dataset dataset, CancellationToken cancellationToken = default)
    {
        var fitted = new List<ITransformer>();
        for (int i = 0; i < Stages.Count; i++)
        {
            ITransformer transformer = Stages[i] switch
            {
                ITransformer stage => stage,
                IEstimator stage => await stage.FitAsync(dataset, cancellationToken),
                _ => throw new ArgumentException(
                    $"Stage {i} is a {Stages[i].GetType()}; expected an {nameof(IEstimator)} or an {nameof(ITransformer)}."),
            };
            fitted.Add(transformer);
            if (i < Stages.Count - 1) dataset = await transformer.TransformAsync(dataset, cancellationToken);
        }

        return new PipelineModel(fitted);
    }

    async Task<ITransformer> IEstimator.FitAsync(Dataset dataset, CancellationToken cancellationToken) =>
        await FitAsync(dataset, cancellationToken);
}
