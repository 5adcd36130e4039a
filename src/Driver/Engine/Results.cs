using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Metrics;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Reads results out of metrics and compares them.</summary>
static class Results
{
    /// <summary>What a metric says.</summary>
    public static EvaluationResult Of(ModelMetric metric)
    {
        Dictionary<string, double> values = metric.Compute().ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        double? auc = values.Remove("auc", out double area) && double.IsFinite(area) ? area : null;
        double logLoss = values.Remove("logloss", out double loss) ? loss : double.NaN;
        return new EvaluationResult(metric.InstanceCount, auc, logLoss) { Metrics = values };
    }

    /// <summary>Whether <paramref name="candidate"/> is better than <paramref name="best"/> by <c>auc</c> or <c>logloss</c>.</summary>
    public static bool IsBetter(EvaluationResult candidate, EvaluationResult best, string metric) => metric == "logloss"
        ? candidate.LogLoss < best.LogLoss
        : (candidate.Auc ?? 0) > (best.Auc ?? 0);
}
