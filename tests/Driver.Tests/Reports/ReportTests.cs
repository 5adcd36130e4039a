using System.Text.Json.Nodes;
using System.Xml.Linq;
using MetaSpore.Spark.Driver.Cli;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Reports;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetaSpore.Spark.Driver.Tests.Reports;

public sealed class ReportTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("metaspore-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void HtmlReport_WholeRun_IsWellFormedAndSelfContained()
    {
        string path = Path.Combine(_folder, "deep", "report.html");
        SampleRun.Play(new HtmlReport(path, [new("model.type", "DeepFm"), new("odd", "\u0001<b>")]));
        string text = File.ReadAllText(path);
        XDocument page = XDocument.Parse(text["<!DOCTYPE html>".Length..]);
        Assert.Equal(3, page.Descendants().Count(e => e.Name.LocalName == "svg"));
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href");
        Assert.DoesNotContain("url(", text.Replace("url(#", "", StringComparison.Ordinal), StringComparison.Ordinal);
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.Contains("rows <skipped> & counted", page.Root!.Value, StringComparison.Ordinal);
        Assert.Contains("<a> & \"b\".csv", page.Root.Value, StringComparison.Ordinal);
        Assert.Contains("auc 0.6400  logloss 0.5600  50 rows", page.Root.Value, StringComparison.Ordinal);
        Assert.Equal([Path.GetFileName(path)], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public void HtmlReport_AfterOneEpoch_IsThereAlready()
    {
        string path = Path.Combine(_folder, "report.html");
        var report = new HtmlReport(path, []);
        report.OnStart(SampleRun.Start);
        report.OnEpochEnd(SampleRun.Epoch(1));
        Assert.Contains("running", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void HtmlReport_Resumed_HasTheHistory()
    {
        string metrics = Path.Combine(_folder, "metrics.jsonl"), path = Path.Combine(_folder, "report.html");
        using (var writer = new MetricsWriter(metrics, resume: false, TimeProvider.System)) SampleRun.Play(writer);
        var report = new HtmlReport(path, [], metrics);
        report.OnStart(SampleRun.Start with { StepsBefore = 12, FirstEpoch = 2 });
        report.OnEpochEnd(SampleRun.Epoch(2));
        XDocument page = XDocument.Parse(File.ReadAllText(path)["<!DOCTYPE html>".Length..]);
        XElement epochs = page.Descendants("table").Single(table => table.Value.StartsWith("epochstep", StringComparison.Ordinal));
        Assert.Equal(["1", "2"], epochs.Elements("tr").Skip(1).Select(row => row.Elements("td").First().Value));
    }

    [Fact]
    public void MetricsWriter_WholeRun_IsOneObjectALine()
    {
        string path = Path.Combine(_folder, "metrics.jsonl");
        using (var writer = new MetricsWriter(path, resume: false, TimeProvider.System)) SampleRun.Play(writer);
        JsonObject[] lines = [.. File.ReadLines(path).Select(line => JsonNode.Parse(line)!.AsObject())];
        Assert.Equal(1 + 20 + 2 + 2 + 1 + 1, lines.Length);
        JsonObject third = lines[3];
        Assert.Equal(["time", "kind", "epoch", "step", "rows", "seconds", "rowsPerSecond", "loss", "auc"], third.Select(p => p.Key));
        Assert.Equal((1, 3L, 300L, 0.53), ((int)third["epoch"]!, (long)third["step"]!, (long)third["rows"]!, (double)third["auc"]!));
        Assert.Equal("""{"auc":0.64,"logloss":0.56}""", lines[^1]["test"]!.ToJsonString());
    }

    [Fact]
    public void MetricsWriter_EachLine_CanBeReadAtOnce()
    {
        string path = Path.Combine(_folder, "metrics.jsonl");
        using var writer = new MetricsWriter(path, resume: false, TimeProvider.System);
        writer.OnStart(SampleRun.Start);
        writer.OnProgress(SampleRun.Progress(1));
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(2, reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void MetricsWriter_Resumed_ReplacesTheStepsThatAreRepeated()
    {
        string path = Path.Combine(_folder, "metrics.jsonl");
        using (var writer = new MetricsWriter(path, resume: false, TimeProvider.System))
        {
            writer.OnStart(SampleRun.Start);
            for (int step = 1; step <= 8; step++) writer.OnProgress(SampleRun.Progress(step));
        }

        File.AppendAllText(path, "{\"time\":\"2026");
        using (var writer = new MetricsWriter(path, resume: true, TimeProvider.System))
        {
            writer.OnStart(SampleRun.Start with { StepsBefore = 5, RowsBefore = 500 });
            writer.OnProgress(SampleRun.Progress(6));
        }

        long?[] steps = [.. File.ReadLines(path).Select(line => (long?)JsonNode.Parse(line)!["step"])];
        Assert.Equal([0, 1, 2, 3, 4, 5, 5, 6], steps);
    }

    [Fact]
    public void ProgressLine_NotOnATerminal_WritesALineEveryFewSeconds()
    {
        var writer = new StringWriter { NewLine = "\n" };
        SampleRun.Play(new ProgressLine(new StatusConsole(writer, isTerminal: false), NullLogger.Instance));
        Assert.Equal(
            """
            training: 1,000 rows an epoch, 2 epochs, 1 worker, 1 server
            epoch 1/2  50 %  500 rows  100 rows/s  loss 0.2000  auc 0.5500  0:15 left
            epoch 1/2  100 %  1,000 rows  100 rows/s  loss 0.1000  auc 0.6000  0:10 left
            epoch 1/2 done  1,000 rows  0:10  train auc 0.7000 logloss 0.5000  validation auc 0.6500 logloss 0.5500 (best)
            epoch 2/2  50 %  1,500 rows  100 rows/s  loss 0.0667  auc 0.6500  0:05 left
            epoch 2/2  100 %  2,000 rows  100 rows/s  loss 0.0500  auc 0.7000  0:00 left
            epoch 2/2 done  2,000 rows  0:20  train auc 0.7000 logloss 0.5000  validation auc 0.6500 logloss 0.5500

            """,
            writer.ToString());
    }

    [Fact]
    public void TimeLeft_AfterAResume_UsesTheRateOfThisProcess()
    {
        TrainingStart start = SampleRun.Start with { RowsBefore = 900 };
        TimeSpan? left = ProgressLine.TimeLeft(SampleRun.Progress(10) with { Elapsed = TimeSpan.FromSeconds(2) }, start);
        Assert.Equal(TimeSpan.FromSeconds(20), left);
        Assert.Null(ProgressLine.TimeLeft(SampleRun.Progress(10), start with { RowsPerEpoch = null }));
    }

    [Fact]
    public void ToJson_Summary_HasExactlyTheDocumentedFields()
    {
        Assert.Equal(
            """{"rows":2000,"seconds":20,"rowsPerSecond":100,"epochs":2,"train":{"auc":0.7,"logloss":0.5},"validation":{"auc":0.65,"logloss":0.55},"test":{"auc":0.64,"logloss":0.56,"rows":50}}""",
            SummaryText.ToJson(SampleRun.Summary));
        Assert.Equal(
            """{"rows":2000,"seconds":20,"rowsPerSecond":100,"epochs":2,"train":{"auc":null,"logloss":null},"validation":null,"test":null}""",
            SummaryText.ToJson(SampleRun.Summary with { Train = new EvaluationResult(5, null, double.NaN), Validation = null, Test = null }));
        Assert.Equal("""{"rows":50,"auc":0.64,"logloss":0.56}""", SummaryText.ToJson(SampleRun.Summary.Test!));
    }

    [Fact]
    public void Describe_Summary_SaysWhatWasKeptAndWhere()
    {
        string text = SummaryText.Describe(SampleRun.Summary, new OutputConfig("/out/model", false, "/out/m.jsonl", "/out/r.html"));
        Assert.Equal(
            """
            trained     2,000 rows in 20.0 s (100 rows/s), 2 epochs, epoch 1 kept
            train       auc 0.7000  logloss 0.5000  1,000 rows
            validation  auc 0.6500  logloss 0.5500  100 rows
            test        auc 0.6400  logloss 0.5600  50 rows
            model       /out/model
            report      /out/r.html
            """,
            text.ReplaceLineEndings("\n"));
    }
}
