using System.Text.Json.Nodes;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>Folders that MetaSpore wrote, as <c>input.model</c> of the program.</summary>
[Trait("Category", Golden.Category)]
public sealed class VerbTests : IDisposable
{
    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Text holds seven digits: half a unit of the seventh, doubled for numbers that were read back and saved again.
    const double TextTolerance = 1e-6;

    static readonly OriginalNetworkOptions s_textMode = new()
    {
        Network = "sigmoid(sum of all outputs)",
        Operators =
        [
            TextOperator("a", 2, "k", new AdamTensorUpdater(0.05, BiasCorrection: false)),
            TextOperator("b", 3, "k\nj", new FtrlTensorUpdater(0.01, 0.1, 0.5, 1)),
        ],
    };

    static OriginalOperator TextOperator(string name, int size, string schema, TensorUpdater updater) => new()
    {
        Name = name,
        Type = nameof(EmbeddingSumConcat),
        EmbeddingSize = size,
        Schema = CombineSchemaParser.FromText(schema),
        Updater = updater,
        Initializer = new OneTensorInitializer(),
        SaveAsText = true,
    };

    [Theory]
    [InlineData("replay_adam_s2", 3)]
    [InlineData("replay_ftrl_s1", 2)]
    public async Task Train_FromTheRecordedStart_ThenEvaluateAndPredict_GivesTheRecordedModel(string name, int servers)
    {
        OriginalCase recorded = OriginalCase.Open(name);
        string job = WriteJob(recorded, recorded.At("init"), recorded.Epochs, servers);

        JsonNode summary = JsonNode.Parse(await Cli.SucceedAsync("train", "-c", job, "--json"))!;

        Assert.Equal((480, 3, 43), ((int)summary["rows"]!, (int)summary["epochs"]!, (int)summary["test"]!["rows"]!));
        CheckpointContent.AssertClose(recorded.At("checkpoint"), _folder["model"], recorded.Tolerance);
        JsonNode evaluated = await EvaluateAsync();
        Assert.Equal((double)summary["test"]!["auc"]!, (double)evaluated["auc"]!);
        Assert.Equal((double)summary["test"]!["logloss"]!, (double)evaluated["logloss"]!);
        await AssertPredictionsAsync(_folder["test.arrow"], recorded.At("predictions.tsv"), recorded.Tolerance);
    }

    [Theory]
    [InlineData("ftrl_s2", 1)]
    [InlineData("ftrl_s2", 5)]
    [InlineData("bag_s1", 2)]
    public async Task Train_NoEpoch_TakesTheModelOver_AndLaterJobsContinueFromIt(string name, int servers)
    {
        OriginalCase recorded = OriginalCase.Open(name);
        string job = WriteJob(recorded, recorded.At("checkpoint"), epochs: 0, servers);

        JsonNode summary = JsonNode.Parse(await Cli.SucceedAsync("train", "-c", job, "--json"))!;

        Assert.Equal((0, 0), ((int)summary["rows"]!, (int)summary["epochs"]!));
        Assert.Null(summary["train"]);
        Assert.Equal((double)summary["test"]!["logloss"]!, (double)(await EvaluateAsync())["logloss"]!);
        await AssertPredictionsAsync(_folder["test.arrow"], recorded.At("predictions.tsv"), recorded.Tolerance);

        JsonNode continued = JsonNode.Parse(await Cli.SucceedAsync(
            "train", "-c", job, "--set", "training.epochs=2", "--set", $"input.model={_folder["model"]}", "--set", $"output.model={_folder["next"]}", "--json"))!;
        Assert.Equal(320, (int)continued["rows"]!);
        Assert.True((double)continued["train"]!["logloss"]! < 0.69);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Train_TextTables_LoadsAndWritesThemAsMetaSporeDoes(int servers)
    {
        string checkpoint = Golden.File("metaspore", "textmode_s1", "checkpoint"), rows = Golden.File("metaspore", "textmode_s1", "predictions.tsv");
        object data = new { train = new[] { rows }, format = "tsv", header = true, label = "label" };
        object training = new { epochs = 1, batchSize = 8, servers, shuffle = false, torchThreads = 1 };
        string job = Cli.WriteJob(_folder.Path, s_textMode, data, ["k", "j"], training);

        await Cli.SucceedAsync("train", "-c", job);
        CheckpointContent.AssertClose(checkpoint, _folder["model"], TextTolerance);
        await AssertPredictionsAsync(rows, rows, TextTolerance);

        string takenOver = _folder["taken-over"];
        await Cli.SucceedAsync(
            "train", "-c", job, "--set", "training.epochs=0", "--set", $"input.model={checkpoint}", "--set", $"output.model={takenOver}");
        foreach (string table in CheckpointContent.Tables(checkpoint))
        {
            Assert.All(Directory.EnumerateFiles(takenOver, $"{table}__sparse_*.dat"), file => Assert.NotEqual(0x89, File.ReadAllBytes(file)[0]));
            SortedDictionary<ulong, CheckpointContent.Row> expected = CheckpointContent.Rows(checkpoint, table), found = CheckpointContent.Rows(takenOver, table);
            Assert.Equal(expected.Keys, found.Keys);
            Assert.All(expected, row => Assert.Equal(row.Value.Age + 1, found[row.Key].Age));
            foreach ((ulong key, CheckpointContent.Row row) in expected)
                CheckpointContent.AssertClose(row.Values, found[key].Values, TextTolerance, $"table {table}, key {key}");
        }

        await AssertPredictionsAsync(rows, rows, TextTolerance, model: takenOver);
    }

    [Fact]
    public async Task Train_OriginalThatDoesNotFit_IsRefusedByNameAndNothingIsWritten()
    {
        OriginalCase recorded = OriginalCase.Open("ftrl_s2");
        string job = WriteJob(recorded, recorded.At("checkpoint"), epochs: 1, servers: 1);

        Assert.Contains(
            "expected keys of hash mode xxh3, found metaspore: set features.hash to metaspore",
            await Cli.RefuseAsync("train", "-c", job, "--set", "features.hash=xxh3"),
            StringComparison.Ordinal);
        Assert.Contains(
            "expected the shape (7, 16), found (6, 16)",
            await Cli.RefuseAsync("train", "-c", job, "--set", "model.options.hiddenUnits=[7]"),
            StringComparison.Ordinal);
        Assert.Contains(
            "training.epochs: expected a whole number, at least 1, found \"0\"",
            await Cli.RefuseAsync("train", "-c", job, "--set", "training.epochs=0", "--set", "input=~"),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["model"]));
    }

    [Fact]
    public async Task Evaluate_FolderOfMetaSporeItself_SaysHowToTakeItOver()
    {
        OriginalCase recorded = OriginalCase.Open("ftrl_s2");
        recorded.Rows("test.jsonl", _folder["test.arrow"]);
        string error = await Cli.RefuseAsync("evaluate", "-m", recorded.At("checkpoint"), "-d", _folder["test.arrow"]);
        Assert.Contains("with training.epochs 0 it is taken over as it is", error, StringComparison.Ordinal);
    }

    string WriteJob(OriginalCase recorded, string input, int epochs, int servers)
    {
        recorded.Rows("train.jsonl", _folder["train.arrow"]);
        recorded.Rows("test.jsonl", _folder["test.arrow"]);
        object data = new { train = new[] { "train.arrow" }, test = new[] { "test.arrow" }, label = "label" };
        object training = new { epochs, batchSize = 16, servers, shuffle = false, torchThreads = 1 };
        return Cli.WriteJob(_folder.Path, recorded.Network, data, ["user", "item", "city", "price", "tags"], training, recorded.DenseUpdater, input);
    }

    async Task<JsonNode> EvaluateAsync() =>
        JsonNode.Parse(await Cli.SucceedAsync("evaluate", "-m", _folder["model"], "-d", _folder["test.arrow"], "--json"))!;

    async Task AssertPredictionsAsync(string rows, string predictions, double tolerance, string? model = null)
    {
        string output = _folder[$"{Path.GetFileName(model ?? "model")}.csv"];
        await Cli.SucceedAsync("predict", "-m", model ?? _folder["model"], "-d", rows, "-o", output);
        (double Label, double Prediction)[] expected = RecordedRows.Predictions(predictions), found = RecordedRows.Predictions(output, ',');
        Assert.Equal(expected.Select(row => row.Label), found.Select(row => row.Label));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Prediction, pair.Second.Prediction, tolerance));
    }
}
