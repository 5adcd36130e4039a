using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>
/// Writes metrics.jsonl: one JSON object a line, flushed, so that it can be followed while the run goes on. A resumed run
/// goes on in the same file, without the lines of steps that it repeats.
/// </summary>
/// <remarks>
/// Every line has <c>time</c>, <c>kind</c> (start, progress, epoch, checkpoint, message, end); where they apply <c>epoch</c>,
/// <c>step</c>, <c>rows</c>, <c>seconds</c>, <c>rowsPerSecond</c>, <c>loss</c>, <c>auc</c>, <c>train</c>, <c>validation</c>,
/// <c>test</c>.
/// </remarks>
/// <param name="path">The file; its folder is created.</param>
/// <param name="resume">Whether lines of an earlier process are kept.</param>
/// <param name="time">The clock.</param>
sealed class MetricsWriter(string path, bool resume, TimeProvider time) : ITrainingObserver, IDisposable
{
    StreamWriter? _writer;

    /// <inheritdoc/>
    public void OnStart(TrainingStart start)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        bool goesOn = resume && start.StepsBefore > 0 && File.Exists(path);
        string[] kept = goesOn ? [.. File.ReadLines(path).Where(line => StepOf(line) is { } step && step <= start.StepsBefore)] : [];
        _writer = new StreamWriter(path, append: false) { AutoFlush = false };
        foreach (string line in kept) _writer.WriteLine(line);
        _writer.Flush();
        Write("start", start.FirstEpoch, start.StepsBefore, start.RowsBefore, line =>
        {
            line["run"] = start.RunId;
            line["epochs"] = start.Epochs;
            line["rowsPerEpoch"] = start.RowsPerEpoch;
            line["workers"] = start.Workers;
            line["servers"] = start.Servers;
        });
    }

    /// <inheritdoc/>
    public void OnProgress(TrainingProgress progress) => Write("progress", progress.Epoch, progress.Step, progress.Rows, line =>
    {
        line["seconds"] = Round(progress.Elapsed.TotalSeconds);
        line["rowsPerSecond"] = Round(progress.RowsPerSecond);
        line["loss"] = SummaryText.Finite(progress.Loss);
        line["auc"] = SummaryText.Finite(progress.Auc);
        foreach ((string name, double value) in progress.Metrics) line[name] = SummaryText.Finite(value);
    });

    /// <inheritdoc/>
    public void OnEpochEnd(EpochResult result) => Write("epoch", result.Epoch, result.Step, result.Rows, line =>
    {
        line["seconds"] = Round(result.Elapsed.TotalSeconds);
        line["train"] = SummaryText.Metrics(result.Train);
        line["validation"] = SummaryText.Metrics(result.Validation);
        line["best"] = result.IsBest;
    });

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointNotice checkpoint) => Write("checkpoint", checkpoint.Epoch, checkpoint.Step, null, line =>
    {
        line["seconds"] = Round(checkpoint.Elapsed.TotalSeconds);
        line["path"] = checkpoint.Path;
    });

    /// <inheritdoc/>
    public void OnMessage(TrainingMessage message) => Write("message", null, null, null, line =>
    {
        line["level"] = message.Level.ToString();
        line["text"] = message.Text;
    });

    /// <inheritdoc/>
    public void OnEnd(TrainingSummary summary) => Write("end", null, null, summary.Rows, line =>
    {
        line["outcome"] = summary.Outcome.ToString();
        line["seconds"] = Round(summary.Seconds);
        line["rowsPerSecond"] = Round(summary.RowsPerSecond);
        line["epochs"] = summary.Epochs;
        line["keptEpoch"] = summary.KeptEpoch;
        line["train"] = SummaryText.Metrics(summary.Train);
        line["validation"] = SummaryText.Metrics(summary.Validation);
        line["test"] = SummaryText.Metrics(summary.Test);
        if (summary.Failure is not null) line["failure"] = summary.Failure;
    });

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    static long? StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject entry && entry["step"] is JsonValue step && step.TryGetValue(out long value) ? value : null;
        }
        catch (JsonException)
        {
            return null; // a line that a killed process left unfinished
        }
    }

    static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 3) : 0;

    void Write(string kind, int? epoch, long? step, long? rows, Action<JsonObject> fill)
    {
        if (_writer is null) return;
        JsonObject line = new() { ["time"] = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), ["kind"] = kind };
        if (epoch is not null) line["epoch"] = epoch;
        if (step is not null) line["step"] = step;
        if (rows is not null) line["rows"] = rows;
        fill(line);
        _writer.WriteLine(line.ToJsonString());
        _writer.Flush();
    }
}
