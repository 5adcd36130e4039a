using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// Tells the files of the training rows from changed ones, without reading them whole: for each in order its name below the
/// folder that all share, its length, and the XxHash3 of its first and last 64 KiB. Copies elsewhere are equal. A change in the
/// middle of a larger file that keeps its length is not seen.
/// </summary>
/// <param name="Files">The files in the order in which they are read.</param>
sealed record InputFingerprint(IReadOnlyList<InputFingerprint.InputFileMark> Files)
{
    const int SampleBytes = 64 << 10;

    /// <summary>One file.</summary>
    /// <param name="Hash">XxHash3 of the beginning and the end, 16 hexadecimal digits.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="Name">Its name below the folder that all files share, with slashes.</param>
    internal sealed record InputFileMark(string Hash, long Length, string Name);

    /// <summary>Looks at the files.</summary>
    /// <exception cref="BadInputException">One can't be read.</exception>
    public static InputFingerprint Of(DatasetReader reader)
    {
        string[] paths = [.. reader.FilePaths.Select(Path.GetFullPath)];
        string folder = SharedFolder(paths);
        return new InputFingerprint([.. paths.Select(path => Mark(path, Path.GetRelativePath(folder, path).Replace('\\', '/')))]);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static InputFingerprint Parse(string text) => new([.. text.Split('\n').Select(line =>
    {
        string[] parts = line.Split(' ', 3);
        return new InputFileMark(parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture), parts[2]);
    })]);

    /// <summary>A line for each file.</summary>
    public override string ToString() =>
        string.Join('\n', Files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Hash} {file.Length} {file.Name}")));

    /// <summary>Refuses to go on with other rows than the snapshot has seen.</summary>
    /// <param name="saved">Of the snapshot.</param>
    /// <param name="path">The snapshot's folder, for the message.</param>
    /// <exception cref="BadInputException">A file was changed, added, removed or comes in another place; the first one is named.</exception>
    public void MustEqual(InputFingerprint saved, string path)
    {
        if (Difference(saved) is not { } difference) return;
        throw new BadInputException(
            $"The checkpoint '{path}' can't be resumed: {difference}. The rows must be read again as they were: "
            + "restore the file, or start anew without resuming (output.overwrite replaces a model).");
    }

    string? Difference(InputFingerprint saved)
    {
        for (int i = 0; i < Math.Max(Files.Count, saved.Files.Count); i++)
        {
            if (i >= Files.Count) return $"the input file '{saved.Files[i].Name}' is missing";
            InputFileMark now = Files[i];
            if (i >= saved.Files.Count) return $"the input file '{now.Name}' was added";
            InputFileMark before = saved.Files[i];
            if (now.Name != before.Name) return $"input file {i + 1} was '{before.Name}' and is now '{now.Name}'";
            if (now.Length != before.Length) return $"the input file '{now.Name}' was changed: it had {before.Length} bytes and has {now.Length}";
            if (now.Hash != before.Hash) return $"the input file '{now.Name}' was changed: it has {now.Length} bytes as before, but other content";
        }

        return null;
    }

    static InputFileMark Mark(string path, string name)
    {
        byte[] sample = ArrayPool<byte>.Shared.Rent(SampleBytes);
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            XxHash3 hash = new();
            int begun = file.ReadAtLeast(sample.AsSpan(0, SampleBytes), SampleBytes, throwOnEndOfStream: false);
            hash.Append(sample.AsSpan(0, begun));
            file.Position = Math.Max(begun, file.Length - SampleBytes);
            hash.Append(sample.AsSpan(0, file.ReadAtLeast(sample.AsSpan(0, SampleBytes), SampleBytes, throwOnEndOfStream: false)));
            return new InputFileMark(hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture), file.Length, name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: the file can't be read: {error.Message}", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(sample);
        }
    }

    static string SharedFolder(string[] paths)
    {
        string folder = Path.GetDirectoryName(paths[0])!;
        while (!Array.TrueForAll(paths, path => IsBelow(path, folder)) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
        return folder;
    }

    static bool IsBelow(string path, string folder) =>
        path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
