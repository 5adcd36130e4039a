using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>Trainings of MetaSpore, run again by our trainer from the same first weights over the same rows.</summary>
[Trait("Category", Golden.Category)]
public sealed class ReplayTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, int> Replays() => [.. OriginalCase.Names(c => c.IsReplay)
        .SelectMany(name => new[] { OriginalCase.Open(name).Servers, 3 }.Select(servers => (name, servers)))];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Replays))]
    public async Task Fit_RecordedRows_ReachesTheCheckpointAndThePredictions(string name, int servers)
    {
        OriginalCase recorded = OriginalCase.Open(name);
        using var folder = new TestFolder();
        TorchEstimator estimator = recorded.Estimator(recorded.At("init"), folder["model"]) with { ServerCount = servers };

        TorchModel model = await estimator.FitAsync(recorded.Rows("train.jsonl", folder["train.arrow"]), Token);

        double largest = CheckpointContent.AssertClose(recorded.At("checkpoint"), model.ModelInPath, recorded.Tolerance);
        LocalDataset test = recorded.Rows("test.jsonl", folder["test.arrow"]);
        (double Label, double Prediction)[] expected = RecordedRows.Predictions(recorded.At("predictions.tsv"));
        (double Label, double Prediction)[] found = await RecordedRows.PredictionsAsync(await model.TransformAsync(test, Token), Token);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Prediction, pair.Second.Prediction, recorded.Tolerance));
        TestContext.Current.TestOutputHelper!.WriteLine($"largest difference in the checkpoint: {largest:G2}");
    }

    [Theory]
    [InlineData("replay_adam_s2")]
    [InlineData("replay_ftrl_s1")]
    public async Task Fit_InTwoFits_WithOldStates_ReachesTheCheckpointToo(string name)
    {
        OriginalCase recorded = OriginalCase.Open(name);
        using var folder = new TestFolder();
        LocalDataset rows = recorded.Rows("train.jsonl", folder["train.arrow"]);
        TorchEstimator first = recorded.Estimator(recorded.At("init"), folder["first"]) with { TrainingEpochs = 1 };
        await first.FitAsync(rows, Token);
        TorchEstimator second = first with
        {
            TrainingEpochs = recorded.Epochs - 1,
            ServerCount = 3,
            FreshState = false,
            ModelInPath = folder["first"],
            ModelOutPath = folder["second"],
        };

        await second.FitAsync(rows, Token);

        CheckpointContent.AssertClose(recorded.At("checkpoint"), folder["second"], recorded.Tolerance);
    }
}
