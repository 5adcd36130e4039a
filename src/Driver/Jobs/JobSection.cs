using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>
/// Reads the keys of one mapping of a job file. Each key is asked for once, by type; what is wrong is reported to the
/// document and the default is returned, so that one pass finds every problem. <see cref="Close"/> reports unknown keys.
/// </summary>
sealed class JobSection
{
    readonly YamlMappingNode? _mapping;
    readonly List<string> _keys = [];

    /// <summary>Begins a section; <paramref name="node"/> null: all keys are absent.</summary>
    /// <param name="document">The file.</param>
    /// <param name="path">Path of the section in messages; empty for the top level.</param>
    /// <param name="node">The section's value, a mapping if it is right.</param>
    public JobSection(JobDocument document, string path, YamlNode? node)
    {
        Document = document;
        Path = path;
        Node = node;
        _mapping = node as YamlMappingNode;
        if (node is not (null or YamlMappingNode)) document.Report(node, path, $"expected keys, found {JobDocument.Describe(node)}");
    }

    /// <summary>The file.</summary>
    public JobDocument Document { get; }

    /// <summary>Dotted path.</summary>
    public string Path { get; }

    /// <summary>The section's value; null when absent.</summary>
    public YamlNode? Node { get; }

    /// <summary>Whether the file has this section.</summary>
    public bool IsPresent => Node is not null;

    /// <summary>The keys that the file has here, for a section whose keys are free.</summary>
    public IEnumerable<string> Keys => (_mapping ?? []).Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "");

    /// <summary>The value of a key; null when absent or empty.</summary>
    public YamlNode? Find(string key)
    {
        if (!_keys.Contains(key)) _keys.Add(key);
        Document.KnownKeys.Add(JobKeys.WithoutIndices(PathOf(key)));
        if (_mapping is null || !_mapping.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? node)) return null;
        return JobDocument.IsNull(node) ? null : node;
    }

    /// <summary>Dotted path of a key.</summary>
    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>Reports a problem of a key's value.</summary>
    public void Report(string key, string problem) => Document.Report(Find(key) ?? Node, PathOf(key), problem);

    /// <summary>A sub-section; all its keys are absent when it is.</summary>
    public JobSection Section(string key) => new(Document, PathOf(key), Find(key));

    /// <summary>A text; any scalar will do.</summary>
    public string? Text(string key, string expected = "text")
    {
        YamlNode? node = Find(key);
        if (node is null or YamlScalarNode) return (node as YamlScalarNode)?.Value;
        Wrong(key, node, expected);
        return null;
    }

    /// <summary>A path, made absolute.</summary>
    public string? FilePath(string key) =>
        Text(key, "a path") is not { } text ? null : Document.ResolvePath(Find(key)!, text);

    /// <summary>One character.</summary>
    public char Character(string key, char fallback)
    {
        if (Text(key, "one character") is not { } text) return fallback;
        if (text.Length == 1) return text[0];
        Wrong(key, Find(key)!, "one character");
        return fallback;
    }

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool fallback)
    {
        YamlNode? node = Find(key);
        if (node is null) return fallback;
        if (node is YamlScalarNode { Style: ScalarStyle.Plain } scalar && bool.TryParse(scalar.Value, out bool value)) return value;
        Wrong(key, node, "true or false");
        return fallback;
    }

    /// <summary>A whole number in a range.</summary>
    public long Integer(string key, long fallback, long min, long max = long.MaxValue)
    {
        YamlNode? node = Find(key);
        if (node is null) return fallback;
        bool right = node is YamlScalarNode { Style: ScalarStyle.Plain }
            & long.TryParse((node as YamlScalarNode)?.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value);
        if (right && value >= min && value <= max) return value;
        Wrong(key, node, max is long.MaxValue or int.MaxValue ? $"a whole number, at least {min}" : $"a whole number from {min} to {max}");
        return fallback;
    }

    /// <summary>A size in bytes: a whole number, or one with <c>k</c>, <c>m</c>, <c>g</c> or <c>t</c> for powers of 1024.</summary>
    public long Bytes(string key, long fallback)
    {
        const string Expected = "a size such as 4g, 512m or a number of bytes";
        if (Text(key, Expected) is not { Length: > 0 } text) return fallback;
        int shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= long.MaxValue >> shift) return number << shift;
        Wrong(key, Find(key)!, Expected);
        return fallback;
    }

    /// <summary>A whole number that fits an <see cref="int"/>.</summary>
    public int Count(string key, int fallback, int min, int max = int.MaxValue) => (int)Integer(key, fallback, min, max);

    /// <summary>A finite number for which <paramref name="accepts"/> holds.</summary>
    public double Number(string key, double fallback, Func<double, bool> accepts, string expected)
    {
        YamlNode? node = Find(key);
        if (node is null) return fallback;
        bool right = node is YamlScalarNode { Style: ScalarStyle.Plain }
            & double.TryParse((node as YamlScalarNode)?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (right && double.IsFinite(value) && accepts(value)) return value;
        Wrong(key, node, expected);
        return fallback;
    }

    /// <summary>One of several words.</summary>
    public T Choice<T>(string key, T fallback, IReadOnlyDictionary<string, T> words)
    {
        YamlNode? node = Find(key);
        if (node is null) return fallback;
        string expected = "one of " + string.Join(", ", words.Keys);
        if (node is not YamlScalarNode { Value: { } word })
        {
            Wrong(key, node, expected);
            return fallback;
        }

        if (words.TryGetValue(word, out T? value)) return value;
        string? nearest = NearestName.Find(word, words.Keys);
        Wrong(key, node, expected, nearest is null ? "" : $"; did you mean \"{nearest}\"?");
        return fallback;
    }

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public IReadOnlyList<string>? TextList(string key, string expected = "a list of texts") =>
        Find(key) is { } node ? Texts(node, PathOf(key), expected) : null;

    /// <summary>The elements of a list; a single value is a list of one. Each with its path.</summary>
    public IReadOnlyList<(string Path, YamlNode Node)> Items(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Select((node, i) => ($"{PathOf(key)}[{i}]", node))],
        { } single => [(PathOf(key), single)],
    };

    /// <summary>The texts of a node: a list, or one text.</summary>
    public IReadOnlyList<string> Texts(YamlNode node, string path, string expected)
    {
        IEnumerable<YamlNode> items = node is YamlSequenceNode list ? list : [node];
        List<string> texts = [];
        foreach (YamlNode item in items)
        {
            if (item is YamlScalarNode { Value: { } text } && !JobDocument.IsNull(item)) texts.Add(text);
            else Document.Report(item, path, $"expected {expected}, found {JobDocument.Describe(item)} in it");
        }

        return texts;
    }

    /// <summary>Reports every key of the mapping that was never asked for.</summary>
    public void Close()
    {
        foreach (YamlNode key in (_mapping ?? []).Children.Keys)
        {
            string name = (key as YamlScalarNode)?.Value ?? JobDocument.Describe(key);
            if (_keys.Contains(name)) continue;
            Document.Report(key, PathOf(name), $"unknown key; {NearestName.Suggest(name, [.. _keys.Order(StringComparer.Ordinal)], "keys here")}");
        }
    }

    /// <summary>Reports that a value has the wrong type or is out of range.</summary>
    public void Wrong(string key, YamlNode node, string expected, string advice = "") =>
        Document.Report(node, PathOf(key), $"expected {expected}, found {JobDocument.Describe(node)}{advice}");
}
