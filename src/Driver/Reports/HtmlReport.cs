using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using MetaSpore.Spark.Driver.Progress;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>
/// Writes report.html: curves, results, options, data and environment on one page that needs no other file, no network and
/// no script. Written after each epoch and at the end, always as a whole.
/// </summary>
/// <param name="path">The page; its folder is created.</param>
/// <param name="settings">The job's settings as the user wrote them.</param>
/// <param name="metricsPath">The metrics of the run, from which a resumed run takes its history; null: none.</param>
sealed class HtmlReport(string path, IReadOnlyList<KeyValuePair<string, string>> settings, string? metricsPath = null) : ITrainingObserver
{
    const string Style = """
        body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #e3e6ea;vertical-align:top;overflow-wrap:anywhere}
        th{font-weight:600;white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:1rem}svg{max-width:100%;height:auto}
        .bad{color:#b42318}tr.best td{background:#eef7ee}
        """;

    readonly CurveRecorder _curves = new();
    readonly List<EpochResult> _epochs = [];
    readonly List<TrainingMessage> _messages = [];
    TrainingStart? _start;
    TrainingSummary? _summary;

    /// <inheritdoc/>
    public void OnStart(TrainingStart start)
    {
        _start = start;
        if (start.StepsBefore > 0 && File.Exists(metricsPath)) MetricsReader.Replay(metricsPath, start.StepsBefore, this);
    }

    /// <inheritdoc/>
    public void OnProgress(TrainingProgress progress) => _curves.Add(progress);

    /// <inheritdoc/>
    public void OnEpochEnd(EpochResult result)
    {
        _epochs.Add(result);
        _curves.Add(result);
        Write();
    }

    /// <inheritdoc/>
    public void OnCheckpoint(CheckpointNotice checkpoint)
    {
    }

    /// <inheritdoc/>
    public void OnMessage(TrainingMessage message) => _messages.Add(message);

    /// <inheritdoc/>
    public void OnEnd(TrainingSummary summary)
    {
        _summary = summary;
        Write();
    }

    void Write()
    {
        string folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            File.WriteAllText(temporary, Render());
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    string Render()
    {
        StringBuilder page = new();
        string title = $"Training {_start?.StartedAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}";
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>").Append(Escape(title))
            .Append("</title>\n<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n<h1>").Append(Escape(title)).Append("</h1>\n");
        AppendSummary(page);
        page.Append("<h2>Curves</h2>\n<div class=\"charts\">\n");
        foreach (string chart in _curves.Render()) page.Append("<div>").Append(chart).Append("</div>\n");
        page.Append("</div>\n");
        AppendEpochs(page);
        AppendTable(page, "Messages", _messages.Select(m => KeyValuePair.Create(m.Level.ToString(), m.Text)));
        AppendTable(page, "Data", _start?.Data ?? []);
        AppendTable(page, "Job", settings);
        AppendTable(page, "Options in force", _start?.Options ?? []);
        AppendTable(page, "Environment", DescribeEnvironment());
        return page.Append("</body>\n</html>\n").ToString();
    }

    void AppendSummary(StringBuilder page)
    {
        List<KeyValuePair<string, string>> rows = [];
        if (_summary is null)
        {
            rows.Add(new("state", "running"));
        }
        else
        {
            rows.Add(new("outcome", _summary.Outcome.ToString()));
            if (_summary.Failure is not null) rows.Add(new("reason", _summary.Failure));
            rows.Add(new("rows", Text($"{_summary.Rows:N0} in {_summary.Seconds:F1} s, {_summary.RowsPerSecond:N0} rows/s")));
            rows.Add(new("epochs", Text($"{_summary.Epochs}, epoch {_summary.KeptEpoch} kept")));
            if (_summary.Train is not null) rows.Add(new("train (last epoch, progressive)", SummaryText.Describe(_summary.Train)));
            if (_summary.Validation is not null) rows.Add(new("validation (kept epoch)", SummaryText.Describe(_summary.Validation)));
            if (_summary.Test is not null) rows.Add(new("test (kept epoch)", SummaryText.Describe(_summary.Test)));
            if (_summary.ModelPath is not null) rows.Add(new("model", _summary.ModelPath));
        }

        AppendTable(page, "Result", rows);
    }

    void AppendEpochs(StringBuilder page)
    {
        if (_epochs.Count == 0) return;
        page.Append("<h2>Epochs</h2>\n<table>\n<tr><th class=\"n\">epoch</th><th class=\"n\">step</th><th class=\"n\">rows</th><th class=\"n\">seconds</th>")
            .Append("<th class=\"n\">train AUC</th><th class=\"n\">train log-loss</th><th class=\"n\">validation AUC</th><th class=\"n\">validation log-loss</th></tr>\n");
        int best = _epochs.FindLast(e => e.IsBest)?.Epoch ?? -1;
        foreach (EpochResult epoch in _epochs)
        {
            page.Append(epoch.Epoch == best ? "<tr class=\"best\">" : "<tr>");
            string[] cells =
            [
                Text($"{epoch.Epoch}"), Text($"{epoch.Step:N0}"), Text($"{epoch.Rows:N0}"), Text($"{epoch.Elapsed.TotalSeconds:F1}"),
                Text($"{epoch.Train.Auc:F4}"), Text($"{epoch.Train.LogLoss:F4}"), Text($"{epoch.Validation?.Auc:F4}"), Text($"{epoch.Validation?.LogLoss:F4}"),
            ];
            foreach (string cell in cells) page.Append("<td class=\"n\">").Append(cell).Append("</td>");
            page.Append("</tr>\n");
        }

        page.Append("</table>\n");
    }

    static void AppendTable(StringBuilder page, string title, IEnumerable<KeyValuePair<string, string>> rows)
    {
        KeyValuePair<string, string>[] all = [.. rows];
        if (all.Length == 0) return;
        page.Append("<h2>").Append(Escape(title)).Append("</h2>\n<table>\n");
        foreach ((string name, string value) in all)
            page.Append("<tr><th>").Append(Escape(name)).Append("</th><td>").Append(Escape(value)).Append("</td></tr>\n");
        page.Append("</table>\n");
    }

    static List<KeyValuePair<string, string>> DescribeEnvironment() =>
    [
        new("metaspore", Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? ""),
        new(".NET", RuntimeInformation.FrameworkDescription),
        new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
        new("processors", Text($"{Environment.ProcessorCount}")),
        new("memory", Text($"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024):F1} GiB")),
    ];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text for HTML that is also well-formed XML: markup escaped, control characters that XML forbids left out.</summary>
    static string Escape(string text) => WebUtility.HtmlEncode(new string([.. text.Where(c => c >= ' ' || c is '\n' or '\t')]));
}
