using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
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

    static readonly Dictionary<string, NumericEncoding> s_encodings = new(StringComparer.Ordinal)
    {
        ["dense"] = NumericEncoding.Dense,
        ["log2"] = NumericEncoding.Log2,
        ["quantile"] = NumericEncoding.Quantile,
        ["value"] = NumericEncoding.Value,
    };

    /// <summary>Reads the section; problems go to its document.</summary>
    /// <param name="section">The section.</param>
    /// <param name="data">The rows, for names of columns and the label.</param>
    /// <param name="purpose">What the job is wanted for.</param>
    public static FeatureSpec Read(JobSection section, DataConfig data, JobPurpose purpose)
    {
        int problemsBefore = section.Document.ProblemCount;
        FeatureSpec features = new()
        {
            Categorical = section.TextList("categorical", "a list of column names") ?? [],
            Lists = section.TextList("lists", "a list of column names") ?? [],
            Numeric = ReadNumeric(section),
            Crosses = ReadCrosses(section),
            CombineSchema = ReadFile(section, "combineSchema", CombineSchemaParser.FromFile),
            Hash = section.Choice("hash", HashMode.XxHash3, s_hashModes),
        };
        section.Find("columnNames");
        section.Close();
        if (!section.IsPresent && purpose == JobPurpose.Convert) return features;
        if (section.Find("combineSchema") is not null && features.CombineSchema is null) return features;
        if (section.Document.ProblemCount == problemsBefore)
        {
            foreach (string problem in features.Problems(data.Dataset.Names, data.Dataset.Label?.Column)) section.Document.Report(section.Node, problem);
        }

        return features;
    }

    /// <summary>Reads the names of columns from the section's column-name file; null without one.</summary>
    public static IReadOnlyList<string>? ReadColumnNames(JobSection section)
    {
        IReadOnlyList<string>? names = ReadFile(section, "columnNames", ColumnNameFile.FromFile);
        if (names is not null && section.Find("combineSchema") is null)
            section.Report("columnNames", "needs combineSchema; without one, use data.names");
        return names;
    }

    /// <summary>Reads one <c>{columns, as, …}</c>.</summary>
    public static NumericColumns ReadNumericGroup(JobSection section)
    {
        IReadOnlyList<string>? columns = section.TextList("columns", "a list of column names");
        NumericEncoding encoding = section.Choice("as", NumericEncoding.Dense, s_encodings);
        int minCount = section.Count("minCount", 5, 1);
        int buckets = section.Count("buckets", 64, 1, 4096);
        section.Close();
        if (section.IsPresent && section.Find("columns") is null) section.Report("columns", "missing; expected a list of column names");
        if (encoding != NumericEncoding.Value && section.Find("minCount") is not null) section.Report("minCount", "only used with \"as: value\"");
        if (encoding != NumericEncoding.Quantile && section.Find("buckets") is not null) section.Report("buckets", "only used with \"as: quantile\"");
        return new NumericColumns(columns ?? [], encoding, minCount, buckets);
    }

    static List<NumericColumns> ReadNumeric(JobSection section)
    {
        const string Key = "numeric";
        if (section.Find(Key) is not { } node) return [];
        if (node is YamlSequenceNode list && list.Any(item => item is YamlMappingNode))
            return [.. section.Items(Key).Select(item => ReadNumericGroup(new JobSection(section.Document, item.Path, item.Node)))];
        if (node is YamlMappingNode) return [ReadNumericGroup(new JobSection(section.Document, section.PathOf(Key), node))];
        return [new NumericColumns(section.TextList(Key, "a list of column names") ?? [])];
    }

    static List<CombineFeature> ReadCrosses(JobSection section)
    {
        const string Key = "crosses";
        const string Expected = "lists of at least two column names, for example [[education, occupation]]";
        if (section.Find(Key) is not { } node) return [];
        if (node is not YamlSequenceNode)
        {
            section.Wrong(Key, node, Expected);
            return [];
        }

        List<CombineFeature> crosses = [];
        foreach ((string path, YamlNode item) in section.Items(Key))
        {
            if (item is YamlSequenceNode { Children.Count: >= 2 }) crosses.Add(new(section.Texts(item, path, "column names")));
            else section.Document.Report(item, path, $"expected {Expected}, found {JobDocument.Describe(item)}");
        }

        return crosses;
    }

    static T? ReadFile<T>(JobSection section, string key, Func<string, T> read)
        where T : class
    {
        if (section.FilePath(key) is not { } path) return null;
        try
        {
            return read(path);
        }
        catch (BadInputException e)
        {
            foreach (string problem in e.Problems) section.Report(key, problem);
            return null;
        }
    }
}
