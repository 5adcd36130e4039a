using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Metrics;

public sealed class BinaryClassificationModelMetricTests
{
    static readonly BinaryMetricOptions s_buckets = new() { ExactLimit = 0 };
    static readonly float[] s_predictions = [0.1f, 0.4f, 0.35f, 0.8f, 0.8f, 0.5f];
    static readonly float[] s_labels = [0, 0, 1, 1, 0, 1];

    public static TheoryData<BinaryMetricOptions> Modes => [new BinaryMetricOptions(), s_buckets, new BinaryMetricOptions { ExactLimit = 3 }];

    [Theory]
    [MemberData(nameof(Modes), DisableDiscoveryEnumeration = true)]
    [Trait("Category", Golden.Category)]
    public void AucPcoc_GoldenExample_Equal(BinaryMetricOptions options)
    {
        string[] words = File.ReadLines(Golden.File("golden.txt")).First(line => line.StartsWith("auc ", StringComparison.Ordinal)).Split(' ');

        BinaryClassificationModelMetric metric = Of(options, s_predictions, s_labels);

        Assert.Equal(double.Parse(words[1], CultureInfo.InvariantCulture), metric.Auc, 1e-15);
        Assert.Equal(double.Parse(words[3], CultureInfo.InvariantCulture), metric.Pcoc, 1e-8);
    }

    public static TheoryData<string> Runs => [.. Golden.Cases("metaspore", "*_s?").Where(folder => File.Exists(Golden.File("metaspore", folder, "final_metric.txt")))];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Runs))]
    [Trait("Category", Golden.Category)]
    public void AucPcoc_RecordedPredictions_RecordedMetric(string folder)
    {
        string[] words = File.ReadLines(Golden.File("metaspore", folder, "final_metric.txt")).First(line => line.StartsWith("transform:", StringComparison.Ordinal)).Split(' ');
        double Recorded(string name) => double.Parse(words.First(word => word.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture);
        string[] header = File.ReadLines(Golden.File("metaspore", folder, "predictions.tsv")).First().Split('\t');
        int prediction = Array.FindIndex(header, name => name.Contains("redict", StringComparison.Ordinal)), label = Array.IndexOf(header, "label");
        string[][] rows = [.. File.ReadLines(Golden.File("metaspore", folder, "predictions.tsv")).Skip(1).Select(line => line.Split('\t'))];
        float[] Column(int index) => [.. rows.Select(row => float.Parse(row[index], CultureInfo.InvariantCulture))];

        BinaryClassificationModelMetric metric = Of(s_buckets, Column(prediction), Column(label));

        Assert.Equal(Recorded("n="), metric.InstanceCount);
        Assert.Equal(Recorded("auc="), metric.Auc, 1e-12);
        Assert.Equal(Recorded("pcoc="), metric.Pcoc, 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Auc_RandomTies_EqualsAllPairs(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 30; round++)
        {
            int n = random.Next(2, 120), levels = random.Next(1, 40);
            float[] predictions = [.. Enumerable.Range(0, n).Select(_ => random.Next(levels) / (float)levels)];
            float[] labels = [.. Enumerable.Range(0, n).Select(_ => (float)random.Next(2))];
            double expected = AllPairs(predictions, labels);

            Assert.Equal(expected, Of(new(), predictions, labels).Auc, 1e-12);
            Assert.Equal(expected, Of(s_buckets, predictions, labels).Auc, 1e-12);
        }
    }

    [Fact]
    public void Auc_ScoresOutsideZeroToOne_ExactKeepsTheirOrder()
    {
        float[] predictions = [-3, 5, 2, float.PositiveInfinity], labels = [0, 0, 1, 1];

        Assert.Equal(0.75, Of(new(), predictions, labels).Auc);
        Assert.Equal(0.75, Of(s_buckets, predictions, labels).Auc);
    }

    [Fact]
    public void Auc_BothZeros_Tie() => Assert.Equal(0.5, Of(new(), [0f, -0f], [0, 1]).Auc);

    [Fact]
    public void Auc_OneClass_NaN()
    {
        Assert.Equal(double.NaN, Of(new(), [0.5f, 0.2f], [1, 1]).Auc);
        Assert.Equal(double.NaN, Of(new(), [0.5f, 0.2f], [0, 0]).Auc);
        Assert.Equal(double.NaN, new BinaryClassificationModelMetric().Auc);
    }

    [Fact]
    public void Auc_SignedLabelsAndWeights_CountAsWeights()
    {
        var weighted = new BinaryClassificationModelMetric();
        weighted.Accumulate([0.2f, 0.6f, 0.4f, 0.9f], [2, -3, 0, 1], 0, [1, 1, 2, 2]);

        Assert.Equal(Of(new(), [0.2f, 0.2f, 0.6f, 0.6f, 0.6f, 0.4f, 0.4f, 0.9f, 0.9f], [1, 1, 0, 0, 0, 0, 0, 1, 1]).Auc, weighted.Auc, 1e-15);
    }

    [Fact]
    public void LogLoss_Random_EqualsDoubleLoop()
    {
        var random = new Random(5);
        float[] predictions = [0, 1, 1, 0, .. Enumerable.Range(0, 5000).Select(_ => random.NextSingle())];
        float[] labels = [1, 0, 1, 0, .. Enumerable.Range(0, 5000).Select(_ => (float)random.Next(2))];
        double expected = 0;
        for (int i = 0; i < predictions.Length; i++)
        {
            double p = Math.Min(Math.Max(predictions[i], 1e-7), 1 - 1e-7);
            expected -= labels[i] == 1 ? Math.Log(p) : Math.Log(1 - p);
        }

        Assert.Equal(expected / predictions.Length, Of(new(), predictions, labels).LogLoss, 1e-11);
    }

    [Fact]
    public void Threshold_Example_CountsByHand()
    {
        // Above 0.45: .8(1), .8(0), .5(1) → 2 hits, 1 false alarm; below: .1(0), .4(0), .35(1) → 1 miss.
        BinaryClassificationModelMetric metric = Of(new() { Threshold = 0.45, Beta = 2 }, s_predictions, s_labels);

        Assert.Equal(4.0 / 6, metric.Accuracy, 1e-15);
        Assert.Equal(2.0 / 3, metric.Precision, 1e-15);
        Assert.Equal(2.0 / 3, metric.Recall, 1e-15);
        Assert.Equal(5 * 2.0 / ((5 * 2) + (4 * 1) + 1), metric.FScore, 1e-15);
        Assert.Equal(0.5, metric.BaseRate);
        Assert.Equal(["auc", "pcoc", "loss", "logloss", "baseRate", "accuracy", "precision", "recall", "f2"], metric.Compute().Select(v => v.Key));
    }

    [Fact]
    public void Compute_NaNPredictions_CountedAndLeftOut()
    {
        BinaryClassificationModelMetric clean = Of(new(), s_predictions, s_labels);
        BinaryClassificationModelMetric dirty = Of(new(), [float.NaN, .. s_predictions, float.NaN], [1, .. s_labels, 0]);

        Assert.Equal(2, dirty.NaNCount);
        Assert.Equal(8, dirty.InstanceCount);
        Assert.Equal((clean.Auc, clean.LogLoss, clean.Pcoc, clean.Accuracy), (dirty.Auc, dirty.LogLoss, dirty.Pcoc, dirty.Accuracy));
        Assert.Contains(new KeyValuePair<string, double>("nanPredictions", 2), dirty.Compute());
    }

    [Fact]
    public void Accumulate_LengthsDiffer_Throws()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new BasicModelMetric().Accumulate([0.5f, 0.5f], [1], 0));

        Assert.Equal("2 predictions need as many labels, and as many weights or none; found 1 and 0", e.Message);
    }

    [Fact]
    public void Create_OptionsOutOfRange_NamesAll()
    {
        BadInputException e = Assert.Throws<BadInputException>(
            () => new BinaryClassificationModelMetric(new() { BucketCount = 1, ExactLimit = -1, Threshold = 1, Beta = 0 }));

        Assert.Equal(
        [
            "metric: bucketCount is 1; expected 2 to 16777216", "metric: exactLimit is -1; expected at least 0",
            "metric: threshold is 1; expected a number of at least 0 and below 1", "metric: beta is 0; expected a number above 0",
        ], e.Problems);
    }

    [Fact]
    public void Create_FromSpec_TakesOptions()
    {
        Assert.IsType<BinaryClassificationModelMetric>(Spec<ModelMetric>.Of<BinaryClassificationModelMetric>().Create());
        ModelMetric metric = Spec<ModelMetric>.Of<BinaryClassificationModelMetric>(new BinaryMetricOptions { Threshold = 0 }).Create();
        Assert.DoesNotContain("accuracy", metric.Compute().Select(value => value.Key));
    }

    [Fact]
    public void Format_Delta_BothValues()
    {
        var options = new BinaryMetricOptions { Threshold = 0 };
        var metric = new BinaryClassificationModelMetric(options);
        metric.Accumulate([0.25f, 0.75f], [0, 1], 0.5);
        var delta = new BinaryClassificationModelMetric(options);
        delta.Accumulate([0.75f, 0.25f], [0, 1], 1.5);
        metric.Merge(delta);

        Assert.Equal(
            "auc: 0.5, Δauc: 0, pcoc: 1, Δpcoc: 1, loss: 1, Δloss: 1.5, logloss: 0.836988, Δlogloss: 1.386294, baseRate: 0.5, ΔbaseRate: 0.5, #instance: 4",
            metric.Format(delta));
        Assert.EndsWith(", #instance: 4", metric.ToString(), StringComparison.Ordinal);
    }

    static BinaryClassificationModelMetric Of(BinaryMetricOptions options, float[] predictions, float[] labels)
    {
        var metric = new BinaryClassificationModelMetric(options);
        metric.Accumulate(predictions, labels, 0.5);
        return metric;
    }

    static double AllPairs(float[] predictions, float[] labels)
    {
        double wins = 0;
        long pairs = 0;
        for (int i = 0; i < predictions.Length; i++)
        {
            for (int j = 0; j < predictions.Length; j++)
            {
                if (labels[i] != 1 || labels[j] != 0) continue;
                pairs++;
                wins += predictions[i] > predictions[j] ? 1 : predictions[i] == predictions[j] ? 0.5 : 0;
            }
        }

        return pairs == 0 ? double.NaN : wins / pairs;
    }
}
