using System.Text.RegularExpressions;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>What of docker/Dockerfile_training_release can be checked without an image engine.</summary>
public sealed partial class ImageTests
{
    static readonly string[] s_lines = [.. File.ReadAllText(Path.Combine(SubmitScript.Root, "docker", "Dockerfile_training_release")).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    // What is copied from the checkout, with the defaults of arguments.
    static readonly string[] s_sources =
    [
        .. Words("COPY").Where(words => !words[0].StartsWith("--", StringComparison.Ordinal)).SelectMany(words => words[..^1]).Select(word => Default().Replace(word, "$1")),
    ];

    [Fact]
    public void CopiedFiles_OfTheCheckout_Exist()
    {
        Assert.Contains("src", s_sources);
        Assert.Contains("jars", s_sources);
        Assert.All(s_sources, source => Assert.True(Path.Exists(Path.Combine(SubmitScript.Root, source)), $"COPY {source}: not in the checkout"));
    }

    [Fact]
    public void CopiedFiles_OfTheCheckout_AreNotAllOfIt() => Assert.DoesNotContain(s_sources, source => source.TrimEnd('/') is "." or "" or "*");

    [Fact]
    public void IgnoredFiles_AreNoneThatAreCopied()
    {
        string[] ignored = [.. File.ReadLines(Path.Combine(SubmitScript.Root, ".dockerignore")).Where(line => line.Length > 0 && line[0] != '#')];
        Assert.Contains(".git", ignored);
        Assert.All(ignored, pattern => Assert.DoesNotContain(s_sources, source => pattern == source || source.StartsWith(pattern + "/", StringComparison.Ordinal)));
    }

    [Fact]
    public void CopiedFiles_OfAnotherStage_NameAnEarlierOne()
    {
        List<string> stages = [];
        foreach (string line in s_lines)
        {
            if (Stage().Match(line) is { Success: true } stage) stages.Add(stage.Groups[1].Value);
            if (From().Match(line) is { Success: true } from) Assert.Contains(from.Groups[1].Value, stages);
        }

        Assert.Equal(["launcher", "program"], stages);
    }

    [Fact]
    public void Image_OfTheLastStage_IsSparksAndItsUser()
    {
        Assert.StartsWith("FROM ${SPARK_IMAGE}", s_lines.Last(line => line.StartsWith("FROM", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("spark", Words("USER").Last()[0]);
        Assert.Contains(Words("COPY"), words => words[^1] == "/opt/metaspore/jars/metaspore-launcher.jar");
        Assert.DoesNotContain(s_lines, line => line.Contains("python", StringComparison.OrdinalIgnoreCase));
    }

    static IEnumerable<string[]> Words(string instruction) =>
        s_lines.Where(line => line.StartsWith(instruction + " ", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]);

    [GeneratedRegex(@"^FROM \S+ AS (\w+)$")]
    private static partial Regex Stage();

    [GeneratedRegex(@"^\$\{\w+:-([^}]+)\}$")]
    private static partial Regex Default();

    [GeneratedRegex(@"--from=(\w+)")]
    private static partial Regex From();
}
