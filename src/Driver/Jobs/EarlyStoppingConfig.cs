namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>When training ends before its last epoch.</summary>
/// <param name="Metric">Name of the validation metric: <c>auc</c> (more is better) or <c>logloss</c> (less is better).</param>
/// <param name="Patience">Epochs without a better one after which training stops, at least 1.</param>
sealed record EarlyStoppingConfig(string Metric, int Patience);
