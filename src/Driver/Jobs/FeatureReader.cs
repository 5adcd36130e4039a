using MetaSpore.Spark.Model.Columns;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the <c>features</c> section.</summary>
static class FeatureReader
{
    static readonly Dictionary<string, HashMode> s_hashModes = new(StringComparer.Ordinal)
    {
        ["xxh3"] = HashMode.XxHash3,
        ["metaspore"] = HashMode.MetaSpore,
    };

    static readonly Dictionary<string, NumericForm> s_forms = new(StringComparer.Ordinal)
    {
        ["dense"] = NumericForm.Dense,
        ["log2"] = NumericForm.Log2,
        ["quantile"] = NumericForm.Quantile,
        ["value"] = NumericForm.Value,
    };

    /// <summary>Reads the section; problems go to its document.</summary>
    public static FeatureConfig Read(JobSection section, JobPurpose purpose)
    {
        var features = new FeatureConfig
        {
            Categorical = section.TextList("categorical", "a list of column names") ?? [],
            Lists = section.TextList("lists", "a list of column names") ?? [],
            Numeric = ReadNumeric(section),
            Crosses = ReadCrosses(section),
            ColumnNames = ReadFile(section, "columnNames"),
            CombineSchema = ReadFile(section, "combineSchema"),
            Hash = section.Choice("hash", HashMode.XxHash3, s_hashModes),
        };
        section.Close();
        CheckTogether(section, features, purpose);
        return features;
    }

    /// <summary>Reads one <c>{columns, as, …}</c>.</summary>
    public static NumericConfig ReadNumericGroup(JobSection section)
    {
        IReadOnlyList<string>? columns = section.TextList("columns", "a list of column names");
        NumericForm form = section.Choice("as", NumericForm.Dense, s_forms);
        int minCount = section.Count("minCount", 5, 1);
        int buckets = section.Count("buckets", 64, 2, 65_536);
        section.Close();
        if (section.IsPresent && section.Find("columns") is null) section.Report("columns", "missing; expected a list of column names");
        if (form != NumericForm.Value && section.Find("minCount") is not null) section.Report("minCount", "only used with \"as: value\"");
        if (form != NumericForm.Quantile && section.Find("buckets") is not null) section.Report("buckets", "only used with \"as: quantile\"");
        return new NumericConfig(columns ?? [], form, minCount, buckets);
    }

    static List<NumericConfig> ReadNumeric(JobSection section)
    {
        const string Key = "numeric";
        if (section.Find(Key) is not { } node) return [];
        if (node is YamlSequenceNode list && list.Any(item => item is YamlMappingNode))
        {
            return [.. section.Items(Key).Select(item => ReadNumericGroup(new JobSection(section.Document, item.Path, item.Node)))];
        }

        if (node is YamlMappingNode) return [ReadNumericGroup(new JobSection(section.Document, section.PathOf(Key), node))];
        return [new NumericConfig(section.TextList(Key, "a list of column names") ?? [], NumericForm.Dense, 5, 64)];
    }

    static List<IReadOnlyList<string>> ReadCrosses(JobSection section)
    {
        const string Key = "crosses";
        const string Expected = "lists of at least two column names, for example [[education, occupation]]";
        if (section.Find(Key) is not { } node) return [];
        if (node is not YamlSequenceNode)
        {
            section.Wrong(Key, node, Expected);
            return [];
        }

        List<IReadOnlyList<string>> crosses = [];
        foreach ((string path, YamlNode item) in section.Items(Key))
        {
            if (item is YamlSequenceNode { Children.Count: >= 2 }) crosses.Add(section.Texts(item, path, "column names"));
            else section.Document.Report(item, path, $"expected {Expected}, found {JobDocument.Describe(item)}");
        }

        return crosses;
    }

    static string? ReadFile(JobSection section, string key)
    {
        string? path = section.FilePath(key);
        if (path is not null && !File.Exists(path)) section.Report(key, $"file \"{path}\" does not exist");
        return path;
    }

    static void CheckTogether(JobSection section, FeatureConfig features, JobPurpose purpose)
    {
        bool hasFiles = section.Find("combineSchema") is not null;
        bool hasLists = new[] { "categorical", "numeric", "crosses" }.Any(key => section.Find(key) is not null);
        if (hasFiles && (section.Find("categorical") is not null || section.Find("crosses") is not null))
            section.Report("combineSchema", "not together with categorical or crosses: it lists the features itself");
        if (section.Find("columnNames") is not null && !hasFiles)
            section.Report("columnNames", "needs combineSchema: it only names the columns that the schema refers to");
        if (!hasFiles && !hasLists && purpose == JobPurpose.Train)
        {
            section.Document.Report(section.Node, "features", "missing; expected categorical: [columns], numeric: [columns], or combineSchema: file");
            return;
        }

        IEnumerable<string> all = features.Categorical.Concat(features.Numeric.SelectMany(group => group.Columns));
        foreach (string twice in all.GroupBy(name => name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
            section.Document.Report(section.Node, "features", $"column \"{twice}\" is listed twice");
    }
}
