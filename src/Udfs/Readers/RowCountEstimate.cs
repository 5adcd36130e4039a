using System.IO.Compression;
using ParquetSharp;
using ZstdSharp;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>How many rows a dataset has, as far as can be told without reading it all.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="IsExact">Whether that is known, and not extrapolated from the beginnings of text files.</param>
public readonly record struct RowCountEstimate(long Rows, bool IsExact)
{
    const int SampleBytes = 4 << 20;

    /// <summary>Adds up the files of a dataset; null when the rows of one can't be told.</summary>
    internal static RowCountEstimate? Of(DatasetSpec spec, IEnumerable<DataFile> files)
    {
        RowCountEstimate sum = new(0, true);
        var rowsPerByte = new Dictionary<string, double>(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach (DataFile file in files)
            {
                if (OfFile(spec, file, rowsPerByte) is not { } count) return null;
                sum = new(sum.Rows + count.Rows, sum.IsExact && count.IsExact);
            }

            return sum;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ZstdException or ParquetException)
        {
            return null; // Damaged; reading the rows will say where.
        }
    }

    // Text files with the same extension are taken to have the same rows a byte as the first of them.
    static RowCountEstimate? OfFile(DatasetSpec spec, DataFile file, Dictionary<string, double> rowsPerByte)
    {
        if (file.LastRow is { } last) return new(last - file.FirstRow + 1, true);
        if (file.Format == DataFormat.Parquet)
        {
            using ParquetFileReader reader = new(file.Path);
            return new(Math.Max(0, reader.FileMetaData.NumRows - file.FirstRow), true);
        }

        if (file.Format == DataFormat.Arrow) return null;
        string extension = Path.GetExtension(file.Path);
        long length = new FileInfo(file.Path).Length;
        if (!rowsPerByte.TryGetValue(extension, out double density))
        {
            (long lines, long bytes, bool isWhole) = Sample(file.Path, extension);
            if (isWhole) return new(Math.Max(0, lines - (spec.Header ? 1 : 0) - file.FirstRow), true);
            rowsPerByte[extension] = density = bytes == 0 ? 0 : (double)lines / bytes;
        }

        return new(Math.Max(0, (long)(density * length) - file.FirstRow), false);
    }

    /// <summary>Counts the lines that aren't blank at the beginning of a file, and the stored bytes that hold them.</summary>
    static (long Lines, long Bytes, bool IsWhole) Sample(string path, string extension)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using Stream text = extension.ToUpperInvariant() switch
        {
            ".GZ" => new GZipStream(file, CompressionMode.Decompress),
            ".ZST" => new DecompressionStream(file, leaveOpen: true),
            _ => file,
        };
        byte[] buffer = new byte[1 << 16];
        long lines = 0, read = 0;
        bool hasText = false;
        while (read < SampleBytes)
        {
            int count = text.Read(buffer);
            if (count == 0) return (hasText ? lines + 1 : lines, file.Position, true);
            read += count;
            foreach (byte now in buffer.AsSpan(0, count))
            {
                if (now == '\n' && hasText) lines++;
                if (now != '\r') hasText = now != '\n';
            }
        }

        return (lines, file.Position, false);
    }
}
