using System.Text.Json.Nodes;
using MetaSpore.Spark.Model.Errors;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the updater and initialiser of <c>training.sparse</c> and <c>training.dense</c>.</summary>
static class OptimizerReader
{
    const string Flag = "true or false";
    const string Number = "a number";

    /// <summary>By updater: its options and their types.</summary>
    static readonly Dictionary<string, Dictionary<string, string>> s_updaters = new(StringComparer.Ordinal)
    {
        ["noop"] = [],
        ["sgd"] = new() { ["learningRate"] = Number },
        ["adagrad"] = new() { ["learningRate"] = Number, ["epsilon"] = Number, ["l2"] = Number },
        ["adam"] = new() { ["learningRate"] = Number, ["beta1"] = Number, ["beta2"] = Number, ["epsilon"] = Number, ["biasCorrection"] = Flag },
        ["adamw"] = new()
        {
            ["learningRate"] = Number,
            ["beta1"] = Number,
            ["beta2"] = Number,
            ["epsilon"] = Number,
            ["biasCorrection"] = Flag,
            ["weightDecay"] = Number,
            ["amsGrad"] = Flag,
        },
        ["ftrl"] = new() { ["l1"] = Number, ["l2"] = Number, ["alpha"] = Number, ["beta"] = Number },
        ["ema"] = new() { ["momentum"] = Number },
    };

    /// <summary>By initialiser: its options and their types.</summary>
    static readonly Dictionary<string, Dictionary<string, string>> s_initializers = new(StringComparer.Ordinal)
    {
        ["default"] = [],
        ["zero"] = [],
        ["one"] = [],
        ["normal"] = new() { ["mean"] = Number, ["standardDeviation"] = Number },
        ["uniform"] = new() { ["bound"] = Number },
        ["xavier"] = new() { ["activation"] = "text", ["distribution"] = "text" },
    };

    static readonly TypedOptions s_normal = new("normal", new JsonObject { ["standardDeviation"] = 0.01 });

    /// <summary>The updater of embedding tables when a job names none.</summary>
    public static TypedOptions AdaGrad { get; } = new("adagrad", new JsonObject { ["learningRate"] = 0.02 });

    /// <summary>The updater of dense tensors when a job names none.</summary>
    public static TypedOptions Adam { get; } = new("adam", new JsonObject { ["learningRate"] = 0.001 });

    /// <summary>Reads the key <c>updater</c>; problems go to the section's document.</summary>
    public static TypedOptions ReadUpdater(JobSection section, TypedOptions fallback) => ReadTyped(section, "updater", s_updaters) ?? fallback;

    /// <summary>Reads the key <c>initializer</c>; problems go to the section's document.</summary>
    public static TypedOptions ReadInitializer(JobSection section) => ReadTyped(section, "initializer", s_initializers) ?? s_normal;

    static TypedOptions? ReadTyped(JobSection parent, string key, Dictionary<string, Dictionary<string, string>> catalog)
    {
        YamlNode? node = parent.Find(key);
        bool isName = node is YamlScalarNode;
        var section = new JobSection(parent.Document, parent.PathOf(key), isName ? null : node);
        string? type = isName ? ((YamlScalarNode)node!).Value : section.Text("type", $"one of {string.Join(", ", catalog.Keys)}");
        foreach (string option in catalog.Values.SelectMany(options => options.Keys)) section.Find(option);
        if (node is null) return null;
        if (type is null || !catalog.TryGetValue(type, out Dictionary<string, string>? known))
        {
            string problem = type is null
                ? $"missing; expected one of {string.Join(", ", catalog.Keys)}"
                : $"unknown {key} \"{type}\"; {NearestName.Suggest(type, catalog.Keys, "known")}";
            parent.Document.Report(isName ? node : section.Find("type") ?? node, isName ? parent.PathOf(key) : section.PathOf("type"), problem);
            return null;
        }

        JsonObject options = [];
        foreach ((YamlNode name, YamlNode value) in (node as YamlMappingNode ?? []).Children)
        {
            string option = (name as YamlScalarNode)?.Value ?? "";
            if (option == "type") continue;
            if (!known.TryGetValue(option, out string? expected))
                parent.Document.Report(name, section.PathOf(option), $"unknown key; {NearestName.Suggest(option, ["type", .. known.Keys], $"keys of {type}")}");
            else if (!IsOf(value, expected)) section.Wrong(option, value, expected);
            else options[option] = YamlJson.Convert(value);
        }

        return new TypedOptions(type, options);
    }

    static bool IsOf(YamlNode node, string expected) => YamlJson.Convert(node) is JsonValue value && expected switch
    {
        Number => value.TryGetValue(out double _) || value.TryGetValue(out long _),
        Flag => value.TryGetValue(out bool _),
        _ => true,
    };
}
