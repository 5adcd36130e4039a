namespace MetaSpore.Spark.Driver.Packaging;

/// <summary>The .NET installation that a framework-dependent program runs on, as far as it needs it. Immutable.</summary>
/// <param name="Root">The installation's folder.</param>
/// <param name="Folders">Folders below it that are needed, for example <c>shared/Microsoft.NETCore.App/10.0.1</c>.</param>
sealed record SharedRuntime(string Root, IReadOnlyList<string> Folders)
{
    const string Shared = "shared";

    /// <summary>The installation of this process; null when the program carries its own runtime.</summary>
    public static SharedRuntime? OfThisProcess()
    {
        string core = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string? shared = Path.GetDirectoryName(Path.GetDirectoryName(core));
        if (shared is null || Path.GetFileName(shared) != Shared) return null;
        string root = Path.GetDirectoryName(shared)!;
        string loaded = (string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "";
        IEnumerable<string> frameworks = loaded.Split(Path.PathSeparator)
            .Select(path => Path.GetDirectoryName(path)!)
            .Where(folder => folder.StartsWith(shared + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Append(core);
        string host = new DirectoryInfo(Path.Combine(root, "host", "fxr")).EnumerateDirectories()
            .MaxBy(folder => System.Version.TryParse(folder.Name.Split('-')[0], out System.Version? version) ? version : new System.Version())!.FullName;
        return new SharedRuntime(root, [.. frameworks.Append(host).Distinct().Select(folder => Path.GetRelativePath(root, folder)).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Its files, to lie below <c>dotnet/</c>.</summary>
    public IEnumerable<PackageEntry> Entries()
    {
        string program = Path.Combine(Root, "dotnet");
        if (File.Exists(program)) yield return PackageEntry.FromFile("dotnet/dotnet", program);
        foreach (string folder in Folders)
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories))
                yield return PackageEntry.FromFile("dotnet/" + Path.GetRelativePath(Root, file).Replace('\\', '/'), file);
        }
    }
}
