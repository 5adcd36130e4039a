using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>YAML values as JSON values, for options that are typed by whoever takes them.</summary>
static class YamlJson
{
    /// <summary>The same value: plain words that are numbers, true, false or null become those, everything else text.</summary>
    public static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => ConvertMapping(mapping),
        YamlSequenceNode list => new JsonArray([.. list.Select(Convert)]),
        YamlScalarNode scalar => ConvertScalar(scalar),
        _ => null,
    };

    /// <summary>A mapping as an object.</summary>
    public static JsonObject ConvertMapping(YamlMappingNode mapping)
    {
        JsonObject result = [];
        foreach ((YamlNode key, YamlNode value) in mapping.Children) result[(key as YamlScalarNode)?.Value ?? ""] = Convert(value);
        return result;
    }

    static JsonValue? ConvertScalar(YamlScalarNode scalar)
    {
        if (JobDocument.IsNull(scalar)) return null;
        string text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain) return JsonValue.Create(text);
        if (bool.TryParse(text, out bool flag)) return JsonValue.Create(flag);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) return JsonValue.Create(whole);
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);
        return isNumber ? JsonValue.Create(number) : JsonValue.Create(text);
    }
}
