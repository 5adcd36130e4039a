using MetaSpore.Spark.Driver.Data;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>A stage of a pipeline: it learns a transformer from rows, or is one.</summary>
public interface IPipelineStage;

/// <summary>Learns a transformer from rows.</summary>
public interface IEstimator : IPipelineStage
{
    /// <summary>Learns from <paramref name="dataset"/>, which is not changed.</summary>
    Task<ITransformer> FitAsync(Dataset dataset, CancellationToken cancellationToken = default);
}

/// <summary>Makes new rows from rows.</summary>
public interface ITransformer : IPipelineStage
{
    /// <summary>The rows of <paramref name="dataset"/> with new columns; nothing is computed before the result is read.</summary>
    Task<Dataset> TransformAsync(Dataset dataset, CancellationToken cancellationToken = default);
}
