using System.Text.RegularExpressions;
using MetaSpore.Spark.Driver.Jobs;

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

    static HashSet<string> Documented()
    {
        IEnumerable<string> rows = Text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        IEnumerable<string> keys = rows.SelectMany(row => Key().Matches(row.Split(" | ")[0]).Select(match => match.Groups[1].Value));
        string[] sections = ["data", "features", "model", "training", "input", "cluster", "security", "output"];
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

    [GeneratedRegex("`([A-Za-z0-9.\\[\\]]+)`")]
    private static partial Regex Key();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
