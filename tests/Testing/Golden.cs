namespace MetaSpore.Spark.Testing;

/// <summary>Finds the independent oracles that golden tests compare with.</summary>
public static class Golden
{
    /// <summary>The trait of every test that reads the oracles.</summary>
    public const string Category = "Golden";

    /// <summary>The folder of oracles: <c>METASPORE_GOLDEN</c>, else <c>../shared/golden</c> beside the repository; null when absent.</summary>
    public static string? Folder { get; } = Find("METASPORE_GOLDEN", Path.Combine("shared", "golden"));

    /// <summary>The folder of real data sets: <c>METASPORE_DATA</c>, else <c>../shared/data</c> beside the repository; null when absent.</summary>
    public static string? Data { get; } = Find("METASPORE_DATA", Path.Combine("shared", "data"));

    /// <summary>Full path of an oracle file; skips the calling test with a visible reason when the oracles are absent.</summary>
    public static string File(params string[] parts)
    {
        Xunit.Assert.SkipWhen(Folder is null, "oracles absent: set METASPORE_GOLDEN to the folder that holds them");
        return Path.Combine([Folder!, .. parts]);
    }

    /// <summary>Full path of a real data file; skips the calling test with a visible reason when the data are absent.</summary>
    public static string DataFile(string name)
    {
        Xunit.Assert.SkipWhen(Data is null, "data sets absent: set METASPORE_DATA to the folder that holds them");
        return Path.Combine(Data!, name);
    }

    /// <summary>The case folders below an oracle folder, sorted; empty when the oracles are absent.</summary>
    public static IEnumerable<string> Cases(string folder, string pattern = "*") =>
        Folder is null
            ? []
            : Directory.EnumerateDirectories(Path.Combine(Folder, folder), pattern).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal);

    internal static string? Find(string variable, string relative)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set) return Directory.Exists(set) ? set : null;
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (at.EnumerateFiles("*.sln").Any())
            {
                string beside = Path.Combine(at.Parent!.FullName, relative);
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}
