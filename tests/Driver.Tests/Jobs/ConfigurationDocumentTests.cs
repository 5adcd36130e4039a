using System.Text.Json;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Driver.Tests.Jobs;

/// <summary>docs/configuration.md and the parser know the same keys.</summary>
public sealed partial class ConfigurationDocumentTests
{
    static string Text => File.ReadAllText(Path.Combine(RepositoryFolder(), "docs", "configuration.md"));

    [Fact]
    public void Document_EveryKeyOfTheParser_IsDocumented() => Assert.Equal([], JobKeys.All().Except(Documented()));

    [Fact]
    public void Document_EveryDocumentedKey_IsKnownToTheParser() => Assert.Equal([], Documented().Except(JobKeys.All()));

    [Fact]
    public void Document_EveryExample_IsReadWithoutProblems()
    {
        using var folder = new JobFolder();
        folder.Add("all.csv.gz", "");
        string[] examples = [.. YamlBlock().Matches(Text).Select(match => match.Groups[1].Value)];
        Assert.Equal(2, examples.Length);
        foreach (string example in examples) Assert.NotNull(folder.Load(example));
    }

    [Fact]
    public void ShortestExample_HasAboutTenLines() =>
        Assert.InRange(YamlBlock().Match(Text).Groups[1].Value.Trim().Split('\n').Length, 5, 10);

    [Fact]
    public void Document_EveryDefault_IsWhatTheParserTakes()
    {
        using var folder = new JobFolder();
        Directory.CreateDirectory(folder.At("earlier"));
        List<string> wrong = [];
        int compared = 0;
        foreach ((string key, string value) in Defaults())
        {
            string[] around = Around(key, folder);
            if (Meaning(folder.Load(JobFolder.Shortest, around)) != Meaning(folder.Load(JobFolder.Shortest, [.. around, $"{key}={value}"]))) wrong.Add($"{key}={value}");
            compared++;
        }

        Assert.Equal([], wrong);
        Assert.InRange(compared, 30, 100);
    }

    [Fact]
    public void Document_EveryDefaultOfUpdatersAndInitialisers_IsTheirs()
    {
        List<string> compared = [];
        foreach (Match row in OptionRow().Matches(Text))
        {
            string type = row.Groups[1].Value;
            IEnumerable<string> options = Option().Matches(row.Groups[2].Value.Split(" (")[0]).Select(option => Json(option.Groups[1].Value, option.Groups[2].Value));
            string documented = $"{{{string.Join(',', options.Prepend(Json("type", type)))}}}", bare = $"{{{Json("type", type)}}}";
            if (TensorUpdaterJson.Types.Contains(type)) Assert.Equal(TensorUpdaterJson.Parse(bare), TensorUpdaterJson.Parse(documented));
            else Assert.Equal(TensorInitializerJson.Parse(bare), TensorInitializerJson.Parse(documented));
            compared.Add(type);
        }

        Assert.Equal(TensorUpdaterJson.Types.Concat(TensorInitializerJson.Types).Order(), compared.Order());

        static string Json(string name, string value) => double.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out _) || bool.TryParse(value, out _)
            ? $"\"{name}\":{value}"
            : $"\"{name}\":\"{value}\"";
    }

    // What a job does, in all its parts; not the text that it was read from.
    static string Meaning(JobConfig job) => JsonSerializer.Serialize(
        new { job.Data, job.Features, job.Training, job.Input, job.Output, job.Cluster, Network = job.Model.CreateSpec(job.Features) }, SpecJson.Options);

    // Keys and literal defaults of the tables; not those that depend on other keys.
    static IEnumerable<(string Key, string Value)> Defaults()
    {
        foreach (string line in Text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            string[] cells = line.Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|');
            if (cells.Length != 6) continue;
            string key = cells[1].Trim().Trim('`'), cell = cells[3].Trim().Replace('\u0001', '|');
            if (!cell.StartsWith('`') || cell.Contains('<', StringComparison.Ordinal) || key.Contains("[]", StringComparison.Ordinal)) continue;
            string value = cell[1..cell.IndexOf('`', 1)];
            yield return (key, value is "," or "|" ? $"\"{value}\"" : value);
        }
    }

    // What a key needs around it to mean something.
    static string[] Around(string key, JobFolder folder) => key switch
    {
        _ when key.StartsWith("input.", StringComparison.Ordinal) => [$"input.model={folder.At("earlier")}"],
        _ when key.StartsWith("training.earlyStopping.", StringComparison.Ordinal) => [$"data.validation={folder.At("train.csv")}", "training.earlyStopping={}"],
        "data.header" => ["data.header=~"],
        "features.numeric.as" => ["features.numeric={columns: [age]}"],
        "features.numeric.minCount" => ["features.numeric={columns: [age], as: value}"],
        "features.numeric.buckets" => ["features.numeric={columns: [age], as: quantile}"],
        _ => [],
    };

    static HashSet<string> Documented()
    {
        IEnumerable<string> rows = Text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        IEnumerable<string> keys = rows.SelectMany(row => Key().Matches(row.Split(" | ")[0]).Select(match => match.Groups[1].Value));
        string[] sections = ["data", "features", "model", "training", "input", "cluster", "security", "spark", "output"];
        return [.. keys.Where(key => key.Contains('.', StringComparison.Ordinal)), .. sections.Where(section => Text.Contains($"\n## {section}\n", StringComparison.Ordinal))];
    }

    static string RepositoryFolder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (at.EnumerateFiles("*.sln").Any()) return at.FullName;
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }

    [GeneratedRegex(@"^\| `([a-z]+)` \| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex OptionRow();

    [GeneratedRegex("`?([a-zA-Z0-9]+)`? ([-a-z0-9.]+)(?=,|$)")]
    private static partial Regex Option();

    [GeneratedRegex("`([A-Za-z0-9.\\[\\]]+)`")]
    private static partial Regex Key();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
