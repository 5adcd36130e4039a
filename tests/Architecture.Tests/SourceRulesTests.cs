using System.Text.RegularExpressions;
using Xunit;

namespace MetaSpore.Spark.Architecture.Tests;

public sealed partial class SourceRulesTests
{
    static readonly string[] s_unsafeFolders =
        ["src/Model/Numerics/", "src/Model/Native/", "src/ParameterServer/Storage/", "src/ParameterServer/Wire/"];

    [Fact]
    public void UnsafeCode_OutsideItsFolders_IsAbsent()
    {
        string[] offenders = [.. Repository.Sources("src")
            .Where(path => !s_unsafeFolders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)))
            .Where(path => UnsafeKeyword().IsMatch(Repository.Read(path)))];
        Assert.Empty(offenders);
    }

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void SourceFiles_Always_StayBelow500Lines(string folder)
    {
        string[] offenders = [.. Repository.Sources(folder).Where(path => Repository.Read(path).Split('\n').Length > 500)];
        Assert.Empty(offenders);
    }

    [Fact]
    public void SourceFiles_Always_HoldNoLeftovers()
    {
        string[] offenders = [.. Repository.Sources("src")
            .Where(path => Leftover().IsMatch(Repository.Read(path)))];
        Assert.Empty(offenders);
    }

    [Fact]
    public void ArchitecturePage_Always_NamesFilesThatExist()
    {
        string page = Repository.Read("docs/architecture.md");
        string[] named = [.. FileName().Matches(page).Select(match => match.Groups[1].Value).Distinct()];
        Assert.NotEmpty(named);
        Assert.All(named, path => Assert.True(File.Exists(Path.Combine(Repository.Root, path)), path));
    }

    [GeneratedRegex(@"^[^/\n]*\bunsafe\b\s+(class|struct|partial|static|void|delegate|readonly|\{)", RegexOptions.Multiline)]
    private static partial Regex UnsafeKeyword();

    [GeneratedRegex(@"TODO|FIXME|HACK|NotImplementedException|Thread\.Sleep|catch\s*(\([^)]*\))?\s*\{\s*\}")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"`(src/[A-Za-z0-9_./]+\.cs)`")]
    private static partial Regex FileName();
}
