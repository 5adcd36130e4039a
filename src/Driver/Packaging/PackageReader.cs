using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace MetaSpore.Spark.Driver.Packaging;

/// <summary>Looks into archives that <see cref="PackageWriter"/> wrote.</summary>
static class PackageReader
{
    const int MaxManifestBytes = 16 << 20;

    /// <summary>The text of the manifest; null when the file is no archive of ours.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static string? ReadManifest(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
            if (tar.GetNextEntry() is not { Name: PackageManifest.Name, DataStream: { Length: < MaxManifestBytes } content }) return null;
            using var reader = new StreamReader(content);
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Why executors could not use an archive, to stand behind its name; null when nothing is wrong.</summary>
    public static string? FindProblem(string path)
    {
        if (!File.Exists(path)) return "does not exist";
        if (ReadManifest(path) is not { } text) return "was not written by metaspore package";
        PackageManifest manifest;
        try
        {
            manifest = PackageManifest.Parse(text);
        }
        catch (JsonException)
        {
            return $"has a {PackageManifest.Name} that can't be read";
        }

        string own = PackageManifest.ThisVersion;
        if (manifest.Version != own) return $"is of version {manifest.Version}, this program of version {own}";
        return manifest.Files.Any(file => file is { Name: PackageContents.WorkerScript, IsExecutable: true }) ? null : $"has no executable {PackageContents.WorkerScript}";
    }
}
