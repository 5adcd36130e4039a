using System.Diagnostics.CodeAnalysis;
using MetaSpore.Spark.Model.Errors;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>
/// A job file as a tree of YAML nodes, with overrides from the command line merged in, and the list of everything that is
/// wrong with it. Each problem begins with the place: <c>job.yaml:12</c> or <c>--set a.b=c</c>.
/// </summary>
sealed class JobDocument
{
    readonly string _label;
    readonly Dictionary<YamlNode, string> _overrides = new(ReferenceEqualityComparer.Instance);
    readonly List<(long Line, string Text)> _problems = [];

    JobDocument(string label, YamlMappingNode root, string baseFolder)
    {
        _label = label;
        Root = root;
        BaseFolder = baseFolder;
    }

    /// <summary>The file's top-level mapping.</summary>
    public YamlMappingNode Root { get; }

    /// <summary>Folder that relative paths of the file start from; paths in overrides start from the working directory.</summary>
    public string BaseFolder { get; }

    /// <summary>Every key that a reader has asked for, as <c>data.train[].path</c>; what the documentation must cover.</summary>
    public SortedSet<string> KnownKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a file and merges overrides of the form <c>dotted.path=YAML value</c>, later ones last.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">The overrides.</param>
    /// <param name="pathsFrom">Folder that relative paths of the file start from; null: the file's own.</param>
    /// <exception cref="BadInputException">The file is missing or isn't a YAML mapping, or an override has no <c>=</c>.</exception>
    public static JobDocument Load(string path, IReadOnlyList<string> overrides, string? pathsFrom = null)
    {
        if (!File.Exists(path))
        {
            string reason = Directory.Exists(path) ? "is a folder; expected a YAML file" : "does not exist; correct the path";
            throw new BadInputException($"job file \"{path}\" {reason}");
        }

        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"job file \"{path}\" can't be read: {e.Message}", e);
        }

        return Parse(text, path, pathsFrom ?? Path.GetDirectoryName(Path.GetFullPath(path))!, overrides);
    }

    /// <summary>The same for a text in memory; <paramref name="label"/> stands for the file in messages.</summary>
    public static JobDocument Parse(string text, string label, string baseFolder, IReadOnlyList<string> overrides)
    {
        YamlNode? root = ParseNode(text, line => $"{label}:{line}");
        if (root is YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or null }) root = null;
        if (root is not (null or YamlMappingNode))
            throw new BadInputException($"{label}:{root.Start.Line}: expected keys such as \"data:\" at the top level, found {Describe(root)}");
        var document = new JobDocument(label, (YamlMappingNode?)root ?? [], baseFolder);
        foreach (string setting in overrides) document.Override(setting);
        return document;
    }

    /// <summary>Records that something is wrong at <paramref name="node"/> (null: the file as a whole).</summary>
    public void Report(YamlNode? node, string path, string problem) => Report(node, $"{path}: {problem}");

    /// <summary>The same for a problem that names its place in the file itself.</summary>
    public void Report(YamlNode? node, string problem)
    {
        if (node is not null && _overrides.TryGetValue(node, out string? setting)) _problems.Add((long.MaxValue, $"{setting}: {problem}"));
        else if (node is not null && node.Start.Line > 0) _problems.Add((node.Start.Line, $"{_label}:{node.Start.Line}: {problem}"));
        else _problems.Add((0, $"{_label}: {problem}"));
    }

    /// <summary>How many problems were reported.</summary>
    public int ProblemCount => _problems.Count;

    /// <summary>Full path of what a node names: from <see cref="BaseFolder"/>, or from the working directory in an override.</summary>
    public string ResolvePath(YamlNode node, string path)
    {
        if (IsRemote(path)) return path;
        string start = _overrides.ContainsKey(node) ? Environment.CurrentDirectory : BaseFolder;
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
            path = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..];
        return Path.GetFullPath(path, start);
    }

    /// <summary>Whether a path is an address of another file system, such as <c>s3a://bucket/logs</c>; it is kept as it is.</summary>
    public static bool IsRemote(string path) => path.Contains("://", StringComparison.Ordinal) || path.StartsWith("file:/", StringComparison.Ordinal);

    /// <summary>Throws when problems were reported: all of them, in the order of their lines.</summary>
    public void ThrowIfWrong()
    {
        if (_problems.Count > 0) throw new BadInputException([.. _problems.OrderBy(p => p.Line).Select(p => p.Text)]);
    }

    /// <summary>What a node is, for messages.</summary>
    public static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode scalar when IsNull(scalar) => "nothing",
        YamlScalarNode scalar => $"\"{scalar.Value}\"",
        YamlSequenceNode => "a list",
        _ => "a mapping",
    };

    /// <summary>Whether a node says "no value": empty, <c>~</c> or <c>null</c> without quotes.</summary>
    public static bool IsNull([NotNullWhen(true)] YamlNode? node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    void Override(string setting)
    {
        string place = $"--set {setting}";
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        string[] keys = equals <= 0 ? [] : setting[..equals].Trim().Split('.');
        if (keys.Length == 0 || keys.Any(string.IsNullOrWhiteSpace))
            throw new BadInputException($"{place}: expected key=value with a dotted key, for example training.epochs=3");

        YamlNode value = ParseNode(setting[(equals + 1)..], _ => place) ?? new YamlScalarNode("");
        Mark(value, place);
        YamlMappingNode at = Root;
        foreach (string key in keys[..^1])
        {
            var keyNode = new YamlScalarNode(key);
            at.Children.TryGetValue(keyNode, out YamlNode? child);
            if (child is null || IsNull(child))
            {
                child = new YamlMappingNode();
                Mark(child, place);
                Mark(keyNode, place);
                at.Children.Remove(keyNode);
                at.Children.Add(keyNode, child);
            }

            at = child as YamlMappingNode
                ?? throw new BadInputException($"{place}: \"{key}\" is {Describe(child)} in {_label}:{child.Start.Line}, so it has no keys to set");
        }

        var last = new YamlScalarNode(keys[^1]);
        Mark(last, place);
        at.Children.Remove(last);
        at.Children.Add(last, value);
    }

    void Mark(YamlNode node, string setting)
    {
        foreach (YamlNode each in node.AllNodes) _overrides[each] = setting;
    }

    static YamlNode? ParseNode(string text, Func<long, string> place)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new BadInputException($"{place(e.Start.Line)}: not valid YAML: {Reason(e)}", e);
        }

        if (stream.Documents.Count > 1)
            throw new BadInputException($"{place(stream.Documents[1].RootNode.Start.Line)}: a second document begins; expected one");
        return stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
    }

    static string Reason(YamlException e)
    {
        string message = (e.InnerException as YamlException ?? e).Message;
        int colon = message.IndexOf("): ", StringComparison.Ordinal);
        return message.StartsWith("(Line", StringComparison.Ordinal) && colon > 0 ? message[(message.LastIndexOf("): ", StringComparison.Ordinal) + 3)..] : message;
    }
}
