using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Testing;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>One recorded run of the original: its parameters from <c>case.json</c>, its files beside it.</summary>
sealed class OriginalCase
{
    readonly JsonObject _json;

    OriginalCase(string name)
    {
        Folder = Golden.File("metaspore", name);
        _json = JsonNode.Parse(File.ReadAllText(At("case.json")))!.AsObject();
    }

    public string Folder { get; }

    public int Servers => (int)_json["servers"]!;

    public int Epochs => (int)_json["epochs"]!;

    /// <summary>Largest difference from what was recorded, as the case says: 1e-5 in all so far.</summary>
    public double Tolerance => (double)_json["tolerance"]!;

    public OriginalNetworkOptions Network
    {
        get
        {
            var options = new JsonObject();
            foreach (string key in (string[])["network", "hiddenUnits", "normalization", "operators"]) options[key] = _json[key]!.DeepClone();
            foreach (JsonNode? op in options["operators"]!.AsArray())
                op!["schema"] = JsonSerializer.SerializeToNode(CombineSchemaParser.FromFile(At((string)op["schema"]!)));
            return options.Deserialize<OriginalNetworkOptions>(SpecJson.Options)!;
        }
    }

    /// <summary>The updater of dense parameters.</summary>
    public TensorUpdater DenseUpdater => TensorUpdaterJson.Parse(_json["denseUpdater"]!.ToJsonString());

    /// <summary>The cases that satisfy a condition; empty without the oracles.</summary>
    public static IEnumerable<string> Names(Func<OriginalCase, bool> condition) =>
        Golden.Cases("metaspore").Where(name => File.Exists(Golden.File("metaspore", name, "case.json")) && condition(new OriginalCase(name)));

    public static OriginalCase Open(string name) => new(name);

    public bool Has(string file) => File.Exists(At(file)) || Directory.Exists(At(file));

    public bool IsReplay => (bool)_json["replay"]!;

    public string At(string file) => Path.Combine(Folder, file);

    /// <summary>An estimator that does what the original did: rows in file order, recorded batch size and updaters.</summary>
    public TorchEstimator Estimator(string modelIn, string modelOut) => new(ModuleSpec.Of<OriginalNetwork>(Network))
    {
        Hash = (string)_json["hash"]! == "metaspore" ? HashMode.MetaSpore : HashMode.XxHash3,
        DenseUpdater = DenseUpdater,
        TrainingEpochs = Epochs,
        BatchSize = (int)_json["batchSize"]!,
        WorkerCount = (int)_json["workers"]!,
        ServerCount = Servers,
        TorchThreads = 1,
        ModelInPath = modelIn,
        ModelOutPath = modelOut,
    };

    /// <summary>Recorded rows as a data set, in an Arrow file at <paramref name="path"/>.</summary>
    public LocalDataset Rows(string jsonLines, string path)
    {
        static string[] Names(JsonNode? columns) => [.. columns!.AsArray().Select(column => (string)column!)];
        return RecordedRows.Convert(At(jsonLines), Names(_json["columns"]!["strings"]), Names(_json["columns"]!["stringLists"]), path);
    }
}
