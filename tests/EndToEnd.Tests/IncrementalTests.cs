using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>What a fit takes from an earlier model: rows, states, updaters, single tables.</summary>
public sealed class IncrementalTests : IDisposable
{
    const int Dimension = 4;

    static readonly FeatureSpec s_features = FeatureColumns.Categorical("user", "item").Spec;

    readonly ClickLog _log = new(600);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    // One row, so that a fit on it leaves the states of nearly all rows as it found them.
    LocalDataset OneRow => _log.Rows with { Spec = _log.Rows.Spec with { Inputs = [_log.Rows.Spec.Inputs[0] with { LastRow = 0 }] } };

    public void Dispose() => _log.Dispose();

    TorchEstimator Estimator(string output) => new(ModuleSpec.Of<DeepFm>(
        new DeepFmOptions { Columns = s_features.Schema, EmbeddingSize = Dimension, HiddenUnits = [8] }))
    {
        Features = s_features,
        ModelOutPath = _log.Out(output),
        BatchSize = 32,
        TorchThreads = 1,
        SparseUpdater = new AdaGradTensorUpdater(0.05),
        DenseUpdater = new AdamTensorUpdater(0.01),
    };

    async Task<string> FitFirstAsync()
    {
        await Estimator("first").FitAsync(_log.Rows, Token);
        return _log.Out("first");
    }

    Dictionary<ulong, StoredTable.Row> Table(string model) => StoredTable.Read(_log.Out(model), "embedding", Dimension);

    [Fact]
    public async Task Fit_FreshUpdaters_KeepsRowsAndAgesAndDropsStates()
    {
        string first = await FitFirstAsync();
        await (Estimator("second") with { ModelInPath = first }).FitAsync(OneRow, Token);
        Dictionary<ulong, StoredTable.Row> before = Table("first"), after = Table("second");
        Assert.All(before.Values, row => Assert.Contains(row.States, state => state != 0));
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        ulong[] untouched = [.. before.Keys.Where(key => after[key].Age == 2)];
        Assert.Equal(before.Count - 2, untouched.Length);
        Assert.All(untouched, key => Assert.Equal(before[key].Weights, after[key].Weights));
        Assert.All(untouched, key => Assert.All(after[key].States, state => Assert.Equal(0, state)));
    }

    [Fact]
    public async Task Fit_FreshUpdatersWithoutFreshState_GoesOnFromTheStates()
    {
        string first = await FitFirstAsync();
        await (Estimator("second") with { ModelInPath = first, FreshState = false, SparseUpdater = new AdaGradTensorUpdater(0.5) }).FitAsync(OneRow, Token);
        Dictionary<ulong, StoredTable.Row> before = Table("first"), after = Table("second");
        ulong[] untouched = [.. before.Keys.Where(key => after[key].Age == 2)];
        Assert.All(untouched, key => Assert.Equal(before[key].States, after[key].States));
        Assert.Equal(0.5, Updater("second", "embedding").GetProperty("learningRate").GetDouble());
    }

    [Fact]
    public async Task Fit_StoredUpdaters_GoesOnAsIfTheJobHadNamedThem()
    {
        string first = await FitFirstAsync();
        await (Estimator("named") with { ModelInPath = first, FreshState = false }).FitAsync(_log.Rows, Token);
        TorchEstimator stored = Estimator("stored") with
        {
            ModelInPath = first,
            UseFreshUpdaters = false,
            SparseUpdater = new SgdTensorUpdater(3),
            SparseInitializer = new OneTensorInitializer(),
            DenseUpdater = new NoOpTensorUpdater(),
        };
        await stored.FitAsync(_log.Rows, Token);
        foreach (string file in Directory.EnumerateFiles(_log.Out("named"), "*.dat"))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_log.Out("stored"), Path.GetFileName(file))));
        Assert.Equal("adagrad", Updater("stored", "embedding").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Fit_StatesOfAnotherUpdater_AreRefusedWithTheCureUnlessFresh()
    {
        string first = await FitFirstAsync();
        TorchEstimator other = Estimator("second") with { ModelInPath = first, SparseUpdater = new AdamTensorUpdater(0.01), FreshState = false };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => other.FitAsync(_log.Rows, Token));
        Assert.Contains(
            $"checkpoint '{first}', table 'embedding': expected 2 updater states for each weight (adam), found 1 (adagrad); "
            + "use the updater of the checkpoint (useFreshUpdaters: false), or start with fresh states (freshState: true)",
            error.Problems);
        Assert.False(Directory.Exists(_log.Out("second")));
        await (other with { FreshState = null }).FitAsync(OneRow, Token);
    }

    [Fact]
    public async Task Fit_ImportedText_HashesKeysInTheFitsModeAndSkipsOrReplacesRows()
    {
        string first = await FitFirstAsync();
        await File.WriteAllTextAsync(_log.Out("users.txt"), "u0\t1,2,3,4\nnobody\t5,6,7,8\n", Token);
        TableImport import = new() { Table = "embedding", Path = _log.Out("users.txt"), KeyColumn = "user" };
        var hash = new ColumnHash(HashMode.XxHash3, "user");
        ulong known = hash.Key("u0"), added = hash.Key("nobody");
        TorchEstimator second = Estimator("kept") with { ModelInPath = first, SparseUpdater = new NoOpTensorUpdater() };

        await (second with { ImportFrom = [import with { SkipExisting = true, HashMode = HashMode.MetaSpore }] }).FitAsync(OneRow, Token);
        Assert.Equal(Table("first")[known].Weights, Table("kept")[known].Weights);
        Assert.Equal([5, 6, 7, 8], Table("kept")[added].Weights);
        Assert.DoesNotContain(added, Table("first").Keys);

        await (second with { ImportFrom = [import], ModelOutPath = _log.Out("replaced") }).FitAsync(OneRow, Token);
        Assert.Equal([1, 2, 3, 4], Table("replaced")[known].Weights);

        // Nothing but the imported rows and those of the one row that is trained on.
        await (second with { ImportFrom = [import with { ClearExisting = true }], ModelOutPath = _log.Out("cleared") }).FitAsync(OneRow, Token);
        Assert.InRange(Table("cleared").Count, 3, 4);
        Assert.Equal([1, 2, 3, 4], Table("cleared")[known].Weights);
    }

    [Fact]
    public async Task Fit_WrongImports_AreNamedAtOnceBeforeAnythingStarts()
    {
        TorchEstimator wrong = Estimator("model") with
        {
            ImportFrom = [new() { Table = "embeding", Path = _log.Folder }, new() { Table = "embedding", Path = _log.Out("no.txt") }],
        };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => wrong.FitAsync(_log.Rows, Token));
        Assert.Equal(
            [
                "can't import into table 'embeding': the model has 'linear', 'embedding'",
                $"can't import '{_log.Folder}': expected exported parts (part_*.dat) in the folder, found none; name a file instead",
                $"table file '{_log.Out("no.txt")}' is missing and can't be imported into table 'embedding': check the path",
            ],
            error.Problems);
        Assert.False(Directory.Exists(_log.Out("model")));
    }

    [Fact]
    public async Task Resume_WithFittedFeatures_UsesThoseOfTheSnapshot()
    {
        using ClickLog log = new(14_000);
        FeatureSpec features = FeatureColumns.Categorical("user", "item").Numeric(NumericEncoding.Quantile, "price").Spec;
        TorchEstimator estimator = new(ModuleSpec.Of<FactorizationMachine>(
            new FactorizationMachineOptions { Columns = features.Schema, EmbeddingSize = Dimension }))
        {
            Features = features,
            ModelOutPath = log.Out("model"),
            Checkpoint = new CheckpointOptions(log.Out("checkpoints"), EverySteps: 1),
            BatchSize = 5000,
            TrainingEpochs = 2,
            TorchThreads = 1,
            Observer = new FailingObserver(checkpoints: 3),
        };
        await Assert.ThrowsAsync<InjectedFailureException>(() => estimator.FitAsync(log.Rows, Token));
        FeatureState fitted = FeaturesOf(Directory.EnumerateDirectories(log.Out("checkpoints")).Order().First());

        // Other prices of the same length, where the check for changed files does not look: a second pass over the rows would
        // find other quantiles.
        string file = log.Out("rows.csv");
        string[] lines = await File.ReadAllLinesAsync(file, Token);
        await File.WriteAllLinesAsync(file, [.. lines[..5000], .. lines[5000..9000].Select(OtherPrice), .. lines[9000..]], Token);
        await (estimator with { Observer = null, Resume = true }).FitAsync(log.Rows, Token);
        Assert.Equal(fitted.Encodings["price"].Cuts, FeaturesOf(log.Out("model")).Encodings["price"].Cuts);
        Assert.NotEmpty(fitted.Encodings["price"].Cuts);

        static string OtherPrice(string line)
        {
            string[] cells = line.Split(',');
            cells[2] = new string([.. cells[2].Select(c => char.IsAsciiDigit(c) ? '7' : c)]);
            return string.Join(',', cells);
        }
    }

    static FeatureState FeaturesOf(string model) =>
        CheckpointReader.Open(model).Manifest!.Section<Driver.Engine.ModelDescription>("model", SpecJson.Options)!.Ticket.FeatureState;

    System.Text.Json.JsonElement Updater(string model, string table) =>
        CheckpointReader.Open(_log.Out(model)).Tables.Single(t => t.Name == table).Updater!.Value;
}
