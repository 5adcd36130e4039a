using System.Formats.Tar;
using System.IO.Compression;

namespace MetaSpore.Spark.Driver.Packaging;

/// <summary>Writes the archive: a tar.gz whose bytes depend on its content alone.</summary>
static class PackageWriter
{
    const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether a file is an archive with this manifest; false also when it is no archive.</summary>
    public static bool IsUpToDate(string path, PackageManifest manifest) => File.Exists(path) && PackageReader.ReadManifest(path) == manifest.ToJson();

    /// <summary>Writes the archive under a temporary name beside <paramref name="path"/>, then gives it its name.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="entries">Its files.</param>
    /// <param name="manifest">Their manifest.</param>
    /// <param name="progress">Gets the bytes packed so far, before compression.</param>
    /// <param name="cancellationToken">Stops between two files; nothing is left behind.</param>
    /// <exception cref="IOException">A file can't be read, or the archive can't be written.</exception>
    public static void Write(string path, IReadOnlyList<PackageEntry> entries, PackageManifest manifest, IProgress<long> progress, CancellationToken cancellationToken)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            using (FileStream file = File.Create(temporary))
            using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
            using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
            {
                Add(tar, new PackageEntry(PackageManifest.Name, null, manifest.ToJson(), IsExecutable: false));
                long done = 0;
                foreach (PackageEntry entry in entries)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress.Report(done += Add(tar, entry));
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    static long Add(TarWriter tar, PackageEntry entry)
    {
        using Stream content = entry.Open();
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, entry.Name)
        {
            DataStream = content,
            Mode = entry.IsExecutable ? Executable : Plain,
            ModificationTime = DateTimeOffset.UnixEpoch,
        });
        return content.Length;
    }
}
