using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Errors;
using Microsoft.Win32.SafeHandles;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Reads a binary table file of any size: a checkpoint's shard (<c>{table}__sparse_{i}.dat</c>) or an exported part. Rows
/// are read in the file's order, in blocks; nothing but the caller's blocks is held in memory. The file's own hash chains
/// are checked by <see cref="CheckIndex"/> and otherwise not used. Thread-safe: every read names its place.
/// </summary>
public sealed class TableFileReader : ITableRows, IDisposable
{
    const int IndexBlock = 1 << 16;

    readonly SafeFileHandle _file;

    TableFileReader(string path, SafeFileHandle file, TableFileHeader header)
    {
        Path = path;
        _file = file;
        Header = header;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its header.</summary>
    public TableFileHeader Header { get; }

    /// <inheritdoc/>
    public long Count => Header.KeyCount;

    /// <inheritdoc/>
    public int RowBytes => Header.RowBytes;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <exception cref="BadInputException">It is missing, cut off, damaged or no table file.</exception>
    public static TableFileReader Open(string path)
    {
        SafeFileHandle file = OpenFile(path);
        try
        {
            Span<byte> start = stackalloc byte[TableFileHeader.Size];
            long length = RandomAccess.GetLength(file);
            start = start[..(int)Math.Min(length, start.Length)];
            Fill(file, path, 0, start);
            return new TableFileReader(path, file, TableFileHeader.Parse(start, length, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a table file is binary; false for text and for a file of 0 bytes.</summary>
    /// <exception cref="BadInputException">It is missing.</exception>
    public static bool IsBinary(string path)
    {
        using SafeFileHandle file = OpenFile(path);
        Span<byte> start = stackalloc byte[1];
        return TableFileHeader.IsBinary(start[..RandomAccess.Read(file, start, 0)]);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all in the file.</exception>
    public void ReadKeys(long start, Span<ulong> keys)
    {
        RequireRange(start, keys.Length);
        Fill(_file, Path, TableFileHeader.Size + (start * sizeof(ulong)), MemoryMarshal.AsBytes(keys));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all in the file.</exception>
    public void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> rows)
    {
        RequireRange(start, keys.Length);
        Fill(_file, Path, Header.RowsOffset + (start * RowBytes), rows[..checked(keys.Length * RowBytes)]);
    }

    /// <summary>Checks that every link of the file's hash chains is nil or the number of a row.</summary>
    /// <exception cref="BadInputException">One is not; the file is damaged.</exception>
    /// <remarks>Reads 4 bytes for each key and bucket.</remarks>
    public void CheckIndex()
    {
        CheckLinks("next", Header.NextOffset, Count);
        CheckLinks("first", Header.FirstOffset, Header.BucketCount);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    void CheckLinks(string section, long offset, long count)
    {
        uint[] block = new uint[(int)Math.Min(count, IndexBlock)];
        for (long start = 0; start < count; start += IndexBlock)
        {
            Span<uint> links = block.AsSpan(0, (int)Math.Min(IndexBlock, count - start));
            Fill(_file, Path, offset + (start * sizeof(uint)), MemoryMarshal.AsBytes(links));
            for (int i = 0; i < links.Length; i++)
            {
                if (links[i] == TableFileHeader.Nil || links[i] < Count) continue;
                throw new BadInputException($"table file '{Path}': {section}[{start + i}] at byte {offset + ((start + i) * sizeof(uint))}: "
                    + $"expected a row below {Count} or {TableFileHeader.Nil}, found {links[i]}: it is damaged; restore it from a copy");
            }
        }
    }

    void RequireRange(long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count, nameof(count));
    }

    static SafeFileHandle OpenFile(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException(
                $"table file '{path}' is missing: restore it from a copy of the checkpoint, or load another one", error);
        }
    }

    static void Fill(SafeFileHandle file, string path, long offset, Span<byte> target)
    {
        int done = 0;
        while (done < target.Length)
        {
            int read = RandomAccess.Read(file, target[done..], offset + done);
            if (read == 0)
            {
                throw new BadInputException($"table file '{path}': expected {target.Length} bytes at byte {offset}, found {done}: "
                    + "it was cut off while it was read; restore it from a copy");
            }

            done += read;
        }
    }
}
