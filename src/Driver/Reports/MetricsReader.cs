using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>Reads what <see cref="MetricsWriter"/> wrote, so that the report of a resumed run has its whole history.</summary>
static class MetricsReader
{
    /// <summary>Tells an observer the progress and epochs of a file up to a step; lines that aren't whole are left out.</summary>
    public static void Replay(string path, long lastStep, ITrainingObserver observer)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        while (reader.ReadLine() is { } text)
        {
            if (Parse(text) is not { } line || (long?)line["step"] is not { } step || step > lastStep) continue;
            switch ((string?)line["kind"])
            {
                case "progress":
                    observer.OnProgress(Progress(line, step));
                    break;
                case "epoch":
                    observer.OnEpochEnd(Epoch(line, step));
                    break;
            }
        }
    }

    static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // a line that a killed process left unfinished
        }
    }

    static TrainingProgress Progress(JsonObject line, long step) => new()
    {
        Elapsed = TimeSpan.FromSeconds((double?)line["seconds"] ?? 0),
        Epoch = (int?)line["epoch"] ?? 1,
        Step = step,
        Rows = (long?)line["rows"] ?? 0,
        EpochRows = 0,
        RowsPerSecond = (double?)line["rowsPerSecond"] ?? 0,
        Loss = (double?)line["loss"] ?? double.NaN,
        Auc = (double?)line["auc"],
    };

    static EpochResult Epoch(JsonObject line, long step) => new()
    {
        Epoch = (int?)line["epoch"] ?? 1,
        Step = step,
        Rows = (long?)line["rows"] ?? 0,
        Elapsed = TimeSpan.FromSeconds((double?)line["seconds"] ?? 0),
        Train = Result(line["train"]) ?? new EvaluationResult(0, null, double.NaN),
        Validation = Result(line["validation"]),
        IsBest = (bool?)line["best"] ?? false,
    };

    static EvaluationResult? Result(JsonNode? metrics) =>
        metrics is null ? null : new EvaluationResult(0, (double?)metrics["auc"], (double?)metrics["logloss"] ?? double.NaN);
}
