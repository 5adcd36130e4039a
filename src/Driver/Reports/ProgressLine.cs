using System.Globalization;
using MetaSpore.Spark.Driver.Cli;
using MetaSpore.Spark.Driver.Progress;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>
/// Shows a run to whoever watches: on a terminal a live line that is rewritten in place, otherwise a plain line every few
/// seconds; a line that stays for each epoch.
/// </summary>
/// <param name="status">Standard error.</param>
/// <param name="logger">Receives messages.</param>
sealed class ProgressLine(StatusConsole status, ILogger logger) : ITrainingObserver
{
    static readonly TimeSpan s_plainInterval = TimeSpan.FromSeconds(5);

    TrainingStart? _start;
    TimeSpan _lastPlain;

    /// <inheritdoc/>
    public void OnStart(TrainingStart start)
    {
        _start = start;
        _lastPlain = TimeSpan.Zero;
        string about = start.RowsPerEpochIsEstimate ? "about " : "";
        string rows = start.RowsPerEpoch is { } count ? string.Create(CultureInfo.InvariantCulture, $"{about}{count:N0} rows an epoch, ") : "";
        string from = start.StepsBefore > 0
            ? string.Create(CultureInfo.InvariantCulture, $", going on after {start.StepsBefore:N0} steps in epoch {start.FirstEpoch}")
            : "";
        status.WriteLine($"training: {rows}{Plural(start.Epochs, "epoch")}, {Plural(start.Workers, "worker")}, {Plural(start.Servers, "server")}{from}");
    }

    /// <inheritdoc/>
    public void OnProgress(TrainingProgress progress)
    {
        if (status.IsTerminal)
        {
            status.SetStatus(Describe(progress, _start!));
            return;
        }

        if (progress.Elapsed - _lastPlain < s_plainInterval) return;
        _lastPlain = progress.Elapsed;
        status.WriteLine(Describe(progress, _start!));
    }

    /// <inheritdoc/>
    public void OnEpochEnd(EpochResult result)
    {
        status.SetStatus("");
        _start = _start! with { RowsPerEpoch = result.Train.Rows, RowsPerEpochIsEstimate = false };
        string validation = result.Validation is null ? "" : $"  validation {Short(result.Validation)}{(result.IsBest ? " (best)" : "")}";
        status.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"epoch {result.Epoch}/{_start.Epochs} done  {result.Rows:N0} rows  {Clock(result.Elapsed)}  train {Short(result.Train)}{validation}"));
    }

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointNotice checkpoint) =>
        logger.LogDebug("checkpoint of step {Step} written to {Path}", checkpoint.Step, checkpoint.Path);

    /// <inheritdoc/>
#pragma warning disable CA2254 // The text is the user's sentence as it stands, not a template.
    public void OnMessage(TrainingMessage message) => logger.Log(message.Level, message.Text);
#pragma warning restore CA2254

    /// <inheritdoc/>
    public void OnEnd(TrainingSummary summary) => status.SetStatus("");

    /// <summary>Where a run stands, on one line: epoch, share done, rows, rate, loss, AUC, time left.</summary>
    public static string Describe(TrainingProgress progress, TrainingStart start)
    {
        List<string> parts = [$"epoch {progress.Epoch}/{start.Epochs}"];
        if (start.RowsPerEpoch is > 0 and { } perEpoch)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{Math.Min(99.9, 100.0 * progress.EpochRows / perEpoch):F0} %"));
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"{progress.Rows:N0} rows"));
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"{progress.RowsPerSecond:N0} rows/s"));
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"loss {progress.Loss:F4}"));
        if (progress.Auc is { } auc) parts.Add(string.Create(CultureInfo.InvariantCulture, $"auc {auc:F4}"));
        if (TimeLeft(progress, start) is { } left) parts.Add($"{Clock(left)} left");
        return string.Join("  ", parts);
    }

    /// <summary>Time until all epochs are done at the average rate of this process; null when that can't be told.</summary>
    public static TimeSpan? TimeLeft(TrainingProgress progress, TrainingStart start)
    {
        long done = progress.Rows - start.RowsBefore;
        if (start.RowsPerEpoch is not { } perEpoch || done <= 0 || progress.Elapsed <= TimeSpan.Zero) return null;
        double remaining = ((double)perEpoch * start.Epochs) - progress.Rows;
        return TimeSpan.FromSeconds(Math.Max(0, remaining) / done * progress.Elapsed.TotalSeconds);
    }

    static string Short(EvaluationResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"auc {(result.Auc is { } auc ? auc.ToString("F4", CultureInfo.InvariantCulture) : "none")} logloss {result.LogLoss:F4}");

    static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:D2}:{time.Seconds:D2}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:D2}");

    static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
