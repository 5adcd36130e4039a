using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>Results as text for people and as one line of JSON for programs.</summary>
static class SummaryText
{
    /// <summary>The end of a training run, several lines.</summary>
    public static string Describe(TrainingSummary summary, OutputConfig output)
    {
        StringBuilder text = new();
        string ending = summary.Outcome switch
        {
            TrainingOutcome.StoppedEarly => "stopped early",
            TrainingOutcome.Failed => "failed",
            TrainingOutcome.Interrupted => "interrupted",
            _ => "trained",
        };
        string kept = summary.KeptEpoch > 0 && summary.KeptEpoch != summary.Epochs ? $", epoch {summary.KeptEpoch} kept" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"{ending}     {summary.Rows:N0} rows in {summary.Seconds:F1} s ({summary.RowsPerSecond:N0} rows/s), {Plural(summary.Epochs, "epoch")}{kept}");
        if (summary.Failure is not null) text.AppendLine(CultureInfo.InvariantCulture, $"reason      {summary.Failure}");
        if (summary.Train is not null) text.AppendLine(CultureInfo.InvariantCulture, $"train       {Describe(summary.Train)}");
        if (summary.Validation is not null) text.AppendLine(CultureInfo.InvariantCulture, $"validation  {Describe(summary.Validation)}");
        if (summary.Test is not null) text.AppendLine(CultureInfo.InvariantCulture, $"test        {Describe(summary.Test)}");
        if (summary.ModelPath is not null) text.AppendLine(CultureInfo.InvariantCulture, $"model       {summary.ModelPath}");
        text.Append(CultureInfo.InvariantCulture, $"report      {output.Report}");
        return text.ToString();
    }

    /// <summary>One result on one line.</summary>
    public static string Describe(EvaluationResult result)
    {
        string auc = result.Auc is { } value ? value.ToString("F4", CultureInfo.InvariantCulture) : "none (one class only)";
        return string.Create(CultureInfo.InvariantCulture, $"auc {auc}  logloss {result.LogLoss:F4}  {result.Rows:N0} rows");
    }

    /// <summary>The end of a training run as JSON: rows, seconds, rowsPerSecond, epochs, train, validation, test.</summary>
    public static string ToJson(TrainingSummary summary) => new JsonObject
    {
        ["rows"] = summary.Rows,
        ["seconds"] = Finite(summary.Seconds),
        ["rowsPerSecond"] = Finite(summary.RowsPerSecond),
        ["epochs"] = summary.Epochs,
        ["train"] = Metrics(summary.Train),
        ["validation"] = Metrics(summary.Validation),
        ["test"] = WithRows(Metrics(summary.Test), summary.Test),
    }.ToJsonString();

    /// <summary>A result as JSON: rows, auc, logloss.</summary>
    public static string ToJson(EvaluationResult result) => new JsonObject
    {
        ["rows"] = result.Rows,
        ["auc"] = Finite(result.Auc),
        ["logloss"] = Finite(result.LogLoss),
    }.ToJsonString();

    /// <summary>A number, or null where JSON has none for it.</summary>
    public static JsonNode? Finite(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;

    /// <summary>A result as JSON without its rows; null without a result.</summary>
    public static JsonObject? Metrics(EvaluationResult? result) =>
        result is null ? null : new JsonObject { ["auc"] = Finite(result.Auc), ["logloss"] = Finite(result.LogLoss) };

    static JsonObject? WithRows(JsonObject? metrics, EvaluationResult? result)
    {
        metrics?.Add("rows", result!.Rows);
        return metrics;
    }

    static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
