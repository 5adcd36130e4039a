using System.IO.Compression;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Opens files to write; by name, <c>.gz</c> and <c>.zst</c> are compressed.</summary>
static class OutputStreams
{
    /// <summary>Creates the file <paramref name="path"/>, compressed as <paramref name="name"/> tells.</summary>
    public static Stream Create(string path, string name)
    {
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        return Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".GZ" => new GZipStream(file, CompressionLevel.Fastest),
            ".ZST" => new ZstdSharp.CompressionStream(file, level: 3, leaveOpen: false),
            _ => file,
        };
    }
}
