namespace MetaSpore.Spark.Driver.Packaging;

/// <summary>A file of the archive that executors unpack. Immutable.</summary>
/// <param name="Name">Path inside the archive, with slashes.</param>
/// <param name="Source">The file to pack; null for a text that is made for the archive.</param>
/// <param name="Text">That text; null for a file.</param>
/// <param name="IsExecutable">Whether the executable bit is set.</param>
sealed record PackageEntry(string Name, string? Source, string? Text, bool IsExecutable)
{
    /// <summary>A file with the executable bit that it has here.</summary>
    public static PackageEntry FromFile(string name, string source) =>
        new(name, source, null, !OperatingSystem.IsWindows() && (File.GetUnixFileMode(source) & UnixFileMode.UserExecute) != 0);

    /// <summary>Opens the content.</summary>
    public Stream Open() => Source is null ? new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Text!)) : File.OpenRead(Source);
}
