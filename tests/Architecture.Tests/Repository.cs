namespace MetaSpore.Spark.Architecture.Tests;

/// <summary>The checked-out sources, found from the test's own folder.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Sources(params string[] below) =>
        Directory.EnumerateFiles(Path.Combine([Root, .. below]), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !at.EnumerateFiles("*.sln").Any()) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("the tests run outside a checkout of the repository");
    }
}
