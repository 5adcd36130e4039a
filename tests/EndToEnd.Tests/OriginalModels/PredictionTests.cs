using System.Globalization;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>Models that MetaSpore has trained, taken over without training, score as they did there.</summary>
[Trait("Category", Golden.Category)]
public sealed partial class PredictionTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, int> Cases() => [.. OriginalCase.Names(c => c.Has("predictions.tsv"))
        .SelectMany(name => new[] { OriginalCase.Open(name).Servers, 3 }.Select(servers => (name, servers)))];

    public static TheoryData<string> Resharded() => [.. OriginalCase.Names(c => ReshardedName().IsMatch(c.Folder))];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task Transform_ModelTakenOver_GivesTheRecordedPredictions(string name, int servers)
    {
        OriginalCase recorded = OriginalCase.Open(name);
        using var folder = new TestFolder();
        LocalDataset rows = recorded.Rows("test.jsonl", folder["test.arrow"]);
        TorchModel model = await TakeOver(recorded, recorded, servers, folder["model"]).FitAsync(rows, Token);

        Dataset scored = await (model with { ServerCount = servers }).TransformAsync(rows, Token);

        (double Label, double Prediction)[] expected = RecordedRows.Predictions(recorded.At("predictions.tsv"));
        (double Label, double Prediction)[] found = await RecordedRows.PredictionsAsync(scored, Token);
        Assert.Equal(expected.Select(row => row.Label), found.Select(row => row.Label));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Prediction, pair.Second.Prediction, recorded.Tolerance));

        EvaluationResult result = await model.EvaluateAsync(rows, Token);
        Match pcoc = TransformPcoc().Match(File.ReadAllText(recorded.At("final_metric.txt")));
        Assert.Equal(double.Parse(pcoc.Groups["value"].Value, CultureInfo.InvariantCulture), result.Metrics["pcoc"], recorded.Tolerance);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Resharded))]
    public async Task Fit_WithoutAnEpoch_SavesWhatMetaSporeSavedOnOtherServers(string name)
    {
        Match parts = ReshardedName().Match(name);
        OriginalCase resharded = OriginalCase.Open(name);
        OriginalCase source = OriginalCase.Open($"{parts.Groups["source"].Value}_s{parts.Groups["servers"].Value}");
        using var folder = new TestFolder();
        TorchEstimator estimator = TakeOver(source, source, resharded.Servers, folder["model"]);

        await estimator.FitAsync(source.Rows("train.jsonl", folder["train.arrow"]), Token);

        Assert.Equal(0, CheckpointContent.AssertClose(resharded.At("checkpoint"), folder["model"], tolerance: 0));
    }

    static TorchEstimator TakeOver(OriginalCase network, OriginalCase checkpoint, int servers, string output) =>
        network.Estimator(checkpoint.At("checkpoint"), output) with { TrainingEpochs = 0, ServerCount = servers };

    [GeneratedRegex(@"(?<source>\w+)_resharded_from(?<servers>\d+)_s\d+$")]
    private static partial Regex ReshardedName();

    [GeneratedRegex(@"transform: auc=\S+ pcoc=(?<value>\S+)")]
    private static partial Regex TransformPcoc();
}
