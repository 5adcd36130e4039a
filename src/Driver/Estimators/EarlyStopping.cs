namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>Ends training when the validation metric stops improving, and keeps the best epoch.</summary>
/// <param name="Metric">The metric: <c>auc</c> (larger is better) or <c>logloss</c> (smaller is better).</param>
/// <param name="Patience">Epochs without a better one after which training ends, at least 1.</param>
public sealed record EarlyStopping(string Metric = "auc", int Patience = 2);
