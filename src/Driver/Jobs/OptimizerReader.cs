using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Updaters;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads updaters and initialisers: a name, or a mapping with <c>type</c> and options.</summary>
static class OptimizerReader
{
    /// <summary>Reads the key <c>updater</c>; problems go to the section's document.</summary>
    public static TensorUpdater ReadUpdater(JobSection section, TensorUpdater fallback) =>
        Read(section, "updater", TensorUpdaterJson.Types, TensorUpdaterJson.Parse) ?? fallback;

    /// <summary>Reads the key <c>initializer</c>; problems go to the section's document.</summary>
    public static TensorInitializer ReadInitializer(JobSection section, TensorInitializer fallback) =>
        Read(section, "initializer", TensorInitializerJson.Types, TensorInitializerJson.Parse) ?? fallback;

    static T? Read<T>(JobSection parent, string key, IReadOnlyList<string> types, Func<string, T> parse)
        where T : class
    {
        YamlNode? node = parent.Find(key);
        bool isName = node is YamlScalarNode;
        var section = new JobSection(parent.Document, parent.PathOf(key), isName ? null : node);
        string? type = isName ? ((YamlScalarNode)node!).Value : section.Text("type", $"one of {string.Join(", ", types)}");
        Dictionary<string, List<string>> options = types.ToDictionary(name => name, name => OptionsOf(parse(Json(name, []))), StringComparer.Ordinal);
        foreach (string option in options.Values.SelectMany(names => names)) section.Find(option);
        if (node is not (YamlScalarNode or YamlMappingNode)) return null;
        if (type is null || !(options.TryGetValue(type, out List<string>? known) || type.Contains(',', StringComparison.Ordinal)))
        {
            if (type is not null) parent.Document.Report(section.Find("type") ?? node, parent.PathOf(key), $"unknown {key} \"{type}\"; {NearestName.Suggest(type, types, "known")}");
            else if (section.Find("type") is null) section.Report("type", $"missing; expected one of {string.Join(", ", types)}");
            return null;
        }

        return Parse(section, node, Json(type, ReadOptions(section, node, type, known)), parse);
    }

    static JsonObject ReadOptions(JobSection section, YamlNode node, string type, IReadOnlyList<string>? known)
    {
        JsonObject options = [];
        foreach ((YamlNode name, YamlNode value) in (node as YamlMappingNode ?? []).Children)
        {
            string option = (name as YamlScalarNode)?.Value ?? "";
            if (option == "type") continue;
            if (known?.Contains(option) == false)
                section.Document.Report(name, section.PathOf(option), $"unknown key; {NearestName.Suggest(option, ["type", .. known], $"keys of {type}")}");
            else options[option] = YamlJson.Convert(value);
        }

        return options;
    }

    static T? Parse<T>(JobSection section, YamlNode node, string json, Func<string, T> parse)
        where T : class
    {
        try
        {
            return parse(json);
        }
        catch (BadInputException e)
        {
            foreach (string problem in e.Problems) section.Document.Report(node, section.Path, problem);
            return null;
        }
    }

    static string Json(string type, JsonObject options)
    {
        options["type"] = type;
        return options.ToJsonString();
    }

    // Updaters and initialisers are records: their constructor's parameters are their options.
    static List<string> OptionsOf(object value)
    {
        ConstructorInfo constructor = value.GetType().GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        return [.. constructor.GetParameters().Select(parameter => JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!))];
    }
}
