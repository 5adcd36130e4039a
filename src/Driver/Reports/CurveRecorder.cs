using MetaSpore.Spark.Driver.Progress;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>Keeps the curves of a run, thinned so that a long run needs little memory, and draws them as SVG.</summary>
sealed class CurveRecorder
{
    const int MaximumPoints = 2000;

    readonly Curve _loss = new("train");
    readonly Curve _auc = new("train, progressive");
    readonly Curve _rate = new("rows/s");
    readonly Curve _validationLoss = new("validation log-loss");
    readonly Curve _validationAuc = new("validation");

    /// <summary>Adds a report.</summary>
    public void Add(TrainingProgress progress)
    {
        _loss.Add(progress.Rows, progress.Loss);
        _rate.Add(progress.Rows, progress.RowsPerSecond);
        if (progress.Auc is { } auc) _auc.Add(progress.Rows, auc);
    }

    /// <summary>Adds an epoch.</summary>
    public void Add(EpochResult epoch)
    {
        if (epoch.Validation is not { } validation) return;
        _validationLoss.Add(epoch.Rows, validation.LogLoss);
        if (validation.Auc is { } auc) _validationAuc.Add(epoch.Rows, auc);
    }

    /// <summary>The charts as SVG elements.</summary>
    public IEnumerable<string> Render()
    {
        yield return Draw("Loss", _loss, _validationLoss);
        yield return Draw("AUC", _auc, _validationAuc);
        yield return Draw("Rows a second", _rate);
    }

    static string Draw(string title, params Curve[] curves)
    {
        var plot = new PlotModel { Title = title, TitleFontSize = 14, DefaultFont = "sans-serif", IsLegendVisible = curves.Length > 1 };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "rows", StringFormat = "#,0", MajorGridlineStyle = LineStyle.Dot });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, MajorGridlineStyle = LineStyle.Dot });
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomRight, LegendBackground = OxyColor.FromAColor(200, OxyColors.White) });
        foreach (Curve curve in curves.Where(c => c.Points.Count > 0))
        {
            var series = new LineSeries { Title = curve.Name };
            if (curve.Points.Count <= 50) series.MarkerType = MarkerType.Circle;
            series.Points.AddRange(curve.Points);
            plot.Series.Add(series);
        }

        string svg = new SvgExporter { Width = 560, Height = 320, UseVerticalTextAlignmentWorkaround = true }.ExportToString(plot);
        svg = svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]; // without the XML declaration, which only a file may have

        // Ids are unique in a page, and every chart numbers its own from 1.
        string prefix = title.Replace(' ', '-');
        return svg.Replace("\"clipPath", $"\"{prefix}-clip", StringComparison.Ordinal).Replace("#clipPath", $"#{prefix}-clip", StringComparison.Ordinal);
    }

    /// <summary>A curve that drops every second point when it has too many, and from then on takes every second one.</summary>
    sealed class Curve(string name)
    {
        long _stride = 1;
        long _seen;

        public string Name { get; } = name;

        public List<DataPoint> Points { get; } = [];

        public void Add(double x, double y)
        {
            if (!double.IsFinite(y) || _seen++ % _stride != 0) return;
            Points.Add(new DataPoint(x, y));
            if (Points.Count < MaximumPoints) return;
            int index = 0;
            Points.RemoveAll(_ => index++ % 2 == 1);
            _stride *= 2;
        }
    }
}
