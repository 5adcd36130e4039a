using System.Globalization;
using MetaSpore.Spark.Udfs.Readers;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the <c>data</c> section.</summary>
static class DataReader
{
    static readonly Dictionary<string, DataFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["auto"] = DataFormat.Auto,
        ["csv"] = DataFormat.Csv,
        ["tsv"] = DataFormat.Tsv,
        ["libsvm"] = DataFormat.LibSvm,
        ["libfm"] = DataFormat.LibFm,
        ["parquet"] = DataFormat.Parquet,
        ["arrow"] = DataFormat.Arrow,
    };

    /// <summary>Reads the section; problems go to its document.</summary>
    /// <param name="section">The section.</param>
    /// <param name="columnNames">Names of columns from <c>features.columnNames</c>; null: none.</param>
    /// <param name="purpose">What the job is wanted for.</param>
    public static DataConfig Read(JobSection section, IReadOnlyList<string>? columnNames, JobPurpose purpose)
    {
        List<DataInput> train = ReadInputs(section, "train", purpose);
        if (section.Find("train") is null) section.Report("train", "missing; expected files, folders or globs, for example [train.csv.gz]");
        var dataset = new DatasetSpec
        {
            Inputs = [.. train.Select(input => input.File).OfType<InputFile>()],
            Format = section.Choice("format", DataFormat.Auto, s_formats),
            Delimiter = section.Character("delimiter", ','),
            ListDelimiter = section.Character("listDelimiter", '|'),
            Trim = section.Flag("trim", true),
            Header = section.Flag("header", false),
            Names = ReadNames(section, "names") ?? columnNames,
            Missing = section.TextList("missing") ?? [""],
            Label = ReadLabel(section, purpose),
        };
        if (dataset.Delimiter == dataset.ListDelimiter && section.Find("delimiter") is not null)
            section.Report("listDelimiter", $"is the same character as delimiter: \"{dataset.Delimiter}\"; a cell could not hold a list");
        if (columnNames is not null && section.Find("names") is not null)
            section.Report("names", "not together with features.columnNames: both name the columns");
        DataConfig data = new()
        {
            Inputs = new Dictionary<DataSplit, IReadOnlyList<DataInput>>
            {
                [DataSplit.Train] = train,
                [DataSplit.Validation] = ReadInputs(section, "validation", purpose),
                [DataSplit.Test] = ReadInputs(section, "test", purpose),
            },
            Dataset = dataset,
        };
        section.Close();
        return data;
    }

    /// <summary>Reads one <c>{path, rows}</c>; null when it is wrong.</summary>
    public static InputFile? ReadInputFile(JobSection section)
    {
        InputFile? file = ReadFile(section);
        section.Close();
        return file;
    }

    /// <summary>Reads one <c>{path, rows}</c>, or on Spark <c>{table}</c> or <c>{sql}</c>; null when it is wrong.</summary>
    public static DataInput? ReadInput(JobSection section, JobPurpose purpose)
    {
        string? table = section.Text("table", "a table of Spark's catalog");
        string? sql = section.Text("sql", "a query in Spark's SQL");
        bool isOther = table is not null || sql is not null;
        InputFile? file = isOther && section.Find("path") is null ? null : ReadFile(section);
        section.Close();
        if (!isOther) return file is null ? null : CheckRows(section, file, purpose);
        if ((table is not null ? 1 : 0) + (sql is not null ? 1 : 0) + (file is not null ? 1 : 0) > 1)
            section.Document.Report(section.Node, section.Path, "has more than one of path, table and sql; expected one");
        else if (purpose != JobPurpose.TrainOnSpark)
            section.Document.Report(section.Node, section.Path, $"a {(table is null ? "query" : "table")} is read by Spark; train with --remote or spark-submit.sh, or name files");
        return new DataInput(null, table, sql);
    }

    static InputFile? ReadFile(JobSection section)
    {
        string? path = section.FilePath("path");
        (long first, long? last) = ReadRows(section);
        if (path is not null) return new InputFile(path, first, last);
        if (section.IsPresent && section.Find("path") is null) section.Report("path", "missing; expected a file");
        return null;
    }

    static DataInput? CheckRows(JobSection section, InputFile file, JobPurpose purpose)
    {
        if (purpose != JobPurpose.TrainOnSpark || (file.FirstRow == 0 && file.LastRow is null)) return new DataInput(file);
        section.Report(
            "rows", "rows of a file have no numbers on Spark; write them to a file of their own with 'metaspore convert --config JOB --split SPLIT --output FILE.parquet', and name that");
        return null;
    }

    static List<DataInput> ReadInputs(JobSection section, string key, JobPurpose purpose)
    {
        List<DataInput> inputs = [];
        foreach ((string path, YamlNode node) in section.Items(key))
        {
            DataInput? input = null;
            if (node is YamlScalarNode { Value: { Length: > 0 } text }) input = new DataInput(new InputFile(section.Document.ResolvePath(node, text)));
            else if (node is YamlMappingNode) input = ReadInput(new JobSection(section.Document, path, node), purpose);
            else section.Document.Report(node, path, $"expected a path or {{path: …, rows: first..last}}, found {JobDocument.Describe(node)}");
            if (input is null) continue;
            if (input.File is { } file && purpose != JobPurpose.TrainOnSpark) CheckExists(section, path, node, file);
            inputs.Add(input);
        }

        if (inputs.Count == 0 && section.Find(key) is YamlSequenceNode { Children.Count: 0 } && key == "train")
            section.Report(key, "is empty; expected at least one file");
        return inputs;
    }

    static void CheckExists(JobSection section, string path, YamlNode node, InputFile input)
    {
        if (input.Path.AsSpan().IndexOfAny("*?[{") >= 0 || File.Exists(input.Path)) return;
        if (JobDocument.IsRemote(input.Path))
        {
            section.Document.Report(node, path, $"\"{input.Path}\" is read by Spark; train with --remote or spark-submit.sh, or copy the files to this machine");
            return;
        }

        if (!Directory.Exists(input.Path)) section.Document.Report(node, path, $"\"{input.Path}\" does not exist; correct the path");
        else if (input.FirstRow > 0 || input.LastRow is not null)
            section.Document.Report(node, path, $"\"{input.Path}\" is a folder; rows are counted in a single file only");
    }

    static (long First, long? Last) ReadRows(JobSection section)
    {
        const string Expected = "first..last, 0-based and inclusive, for example 0..999 (or 1000.. to the end)";
        if (section.Text("rows", Expected) is not { } text) return (0, null);
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        bool right = dots >= 0;
        long first = 0, last = long.MaxValue;
        right = right && (dots == 0 || TryRow(text[..dots], out first)) && (dots + 2 == text.Length || TryRow(text[(dots + 2)..], out last));
        if (!right || last < first)
        {
            section.Wrong("rows", section.Find("rows")!, Expected);
            return (0, null);
        }

        return (first, last == long.MaxValue ? null : last);
    }

    static bool TryRow(string text, out long row) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out row);

    static IReadOnlyList<string>? ReadNames(JobSection section, string key)
    {
        IReadOnlyList<string>? names = section.TextList(key, "a list of column names");
        foreach (string twice in (names ?? []).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
            section.Report(key, $"\"{twice}\" occurs twice");
        return names;
    }

    static LabelRule? ReadLabel(JobSection section, JobPurpose purpose)
    {
        YamlNode? node = section.Find("label");
        bool isName = node is YamlScalarNode;
        var rule = new JobSection(section.Document, section.PathOf("label"), isName ? null : node);
        string? column = isName ? ((YamlScalarNode)node!).Value : rule.Text("column", "a column name");
        IReadOnlyList<string>? positive = rule.TextList("positive");
        IReadOnlyList<string>? negative = rule.TextList("negative");
        if (isName) rule.Find("column");
        rule.Close();
        if (positive is not null && negative is not null)
            rule.Report("negative", "not together with positive: cells outside the one list are the other class");
        if (column is not null) return new LabelRule(column, positive, negative);
        if (node is YamlMappingNode && rule.Find("column") is null) rule.Report("column", "missing; expected the label's column");
        if (node is null && purpose == JobPurpose.Train)
            section.Report("label", "missing; expected the label's column, for example clicked, or {column: income, positive: [\">50K\"]}");
        return null;
    }
}
