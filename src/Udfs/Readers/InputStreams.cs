using MetaSpore.Spark.Model.Errors;
using ZstdSharp;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Opens files; <c>.gz</c> and <c>.zst</c> are decompressed. Reading a damaged file is an error that names it.</summary>
static class InputStreams
{
    const int FileBuffer = 1 << 17;

    /// <summary>Opens a file for one pass from its beginning.</summary>
    /// <exception cref="BadInputException">The file is absent or can't be read.</exception>
    public static Stream Open(string path)
    {
        Stream file = OpenRaw(path, FileOptions.SequentialScan);
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".GZ" => new CheckedStream(new SealedGzipStream(file), path, "gzip"),
            ".ZST" => new CheckedStream(new DecompressionStream(file, FileBuffer, checkEndOfStream: true, leaveOpen: false), path, "zstd"),
            _ => file,
        };
    }

    /// <summary>Opens a file as it is stored.</summary>
    /// <exception cref="BadInputException">The file is absent or can't be read.</exception>
    public static FileStream OpenRaw(string path, FileOptions options = FileOptions.None)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileBuffer, options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: the file can't be read: {e.Message}", e);
        }
    }
}
