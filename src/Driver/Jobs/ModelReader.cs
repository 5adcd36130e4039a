using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Layers;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the <c>model</c> section.</summary>
static class ModelReader
{
    static readonly Dictionary<string, Activation> s_activations = Enum.GetValues<Activation>()
        .ToDictionary(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()), StringComparer.Ordinal);

    /// <summary>Reads the section of <paramref name="root"/>; problems go to its document.</summary>
    public static ModelConfig Read(JobSection root)
    {
        YamlNode? node = root.Find("model");
        bool isName = node is YamlScalarNode;
        var section = new JobSection(root.Document, "model", isName ? null : node);
        string? type = isName ? ((YamlScalarNode)node!).Value : section.Text("type", "the name of a network");
        string? assembly = section.FilePath("assembly");
        YamlNode? options = section.Find("options");
        JsonObject network = ReadNetworkOptions(section);
        if (assembly is not null) return ReadCustom(section, type, assembly, options, network);

        section.Close();
        if (options is not null) section.Report("options", "only used with assembly; options of a ready network stand beside type");
        type ??= "DeepFm";
        if (!ModelConfig.ReadyNetworks.Contains(type))
        {
            string problem = $"unknown network \"{type}\"; {NearestName.Suggest(type, [.. ModelConfig.ReadyNetworks], "ready networks")}; a network of your own needs assembly";
            root.Document.Report(isName ? node : section.Find("type"), isName ? "model" : "model.type", problem);
        }

        return new ModelConfig(type, null, network);
    }

    static ModelConfig ReadCustom(JobSection section, string? type, string assembly, YamlNode? options, JsonObject network)
    {
        section.Close();
        if (!File.Exists(assembly)) section.Report("assembly", $"\"{assembly}\" does not exist; build the project that holds the network first");
        if (type is null && section.Find("type") is null) section.Report("type", "missing; expected the full name of a type in the assembly");
        foreach ((string key, _) in network) section.Report(key, "an option of ready networks; options of a network of your own go under options");
        if (options is not (null or YamlMappingNode)) section.Wrong("options", options, "keys");
        return new ModelConfig(type ?? "", assembly, options is YamlMappingNode mapping ? YamlJson.ConvertMapping(mapping) : []);
    }

    static JsonObject ReadNetworkOptions(JobSection section)
    {
        JsonObject options = [];
        int embeddingSize = section.Count("embeddingSize", 16, 1, 4096);
        double dropout = section.Number("dropout", 0, value => value is >= 0 and < 1, "a number from 0 to less than 1");
        bool batchNorm = section.Flag("batchNorm", false);
        double l2 = section.Number("l2", 0, value => value >= 0, "a number, at least 0");
        bool inputNormalization = section.Flag("inputNormalization", false);
        Activation activation = section.Choice("activation", Activation.Relu, s_activations);
        List<int> hiddenUnits = ReadHiddenUnits(section);
        if (section.Find("embeddingSize") is not null) options["embeddingSize"] = embeddingSize;
        if (section.Find("hiddenUnits") is not null) options["hiddenUnits"] = new JsonArray([.. hiddenUnits.Select(units => JsonValue.Create(units))]);
        if (section.Find("dropout") is not null) options["dropout"] = dropout;
        if (section.Find("batchNorm") is not null) options["batchNorm"] = batchNorm;
        if (section.Find("l2") is not null) options["l2"] = l2;
        if (section.Find("activation") is not null) options["activation"] = JsonNamingPolicy.CamelCase.ConvertName(activation.ToString());
        if (section.Find("inputNormalization") is not null) options["inputNormalization"] = inputNormalization;
        return options;
    }

    static List<int> ReadHiddenUnits(JobSection section)
    {
        List<int> units = [];
        foreach ((string path, YamlNode node) in section.Items("hiddenUnits"))
        {
            if (YamlJson.Convert(node) is JsonValue value && value.TryGetValue(out long count) && count is >= 1 and <= 65_536) units.Add((int)count);
            else section.Document.Report(node, path, $"expected a whole number from 1 to 65536, found {JobDocument.Describe(node)}");
        }

        return units;
    }
}
