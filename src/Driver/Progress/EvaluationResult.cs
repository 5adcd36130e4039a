namespace MetaSpore.Spark.Driver.Progress;

/// <summary>How well predictions fit labels.</summary>
/// <param name="Rows">Rows scored.</param>
/// <param name="Auc">Area under the ROC curve, 0 to 1; null when the rows are of one class only.</param>
/// <param name="LogLoss">Mean negative log-likelihood, probabilities clipped to [1e-7, 1 − 1e-7].</param>
public sealed record EvaluationResult(long Rows, double? Auc, double LogLoss)
{
    /// <summary>Further metrics by name, such as pcoc or accuracy; empty when none were computed.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();
}
