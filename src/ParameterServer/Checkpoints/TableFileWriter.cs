using System.Runtime.InteropServices;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Writes a binary table file from start to end, byte for byte as MetaSpore writes the same rows in the same order. Takes
/// 4 bytes of memory for each bucket besides a block of about 1 MiB.
/// </summary>
public static class TableFileWriter
{
    const int BlockBytes = 1 << 20;

    /// <summary>Writes a new file and flushes it to the disk.</summary>
    /// <param name="path">The file; must not exist.</param>
    /// <param name="rows">The rows, read three times; below 2³²−1 of them, with distinct keys.</param>
    /// <param name="bucketCount">
    /// Number of hash chains, a power of two; null for that of a table that grew key by key. Ignored without a row.
    /// </param>
    /// <param name="cancellationToken">Ends the write; the file stays incomplete.</param>
    /// <returns>The file's length and hash.</returns>
    /// <exception cref="IOException">It can't be written.</exception>
    public static CheckpointFile Write(
        string path, ITableRows rows, long? bucketCount = null, CancellationToken cancellationToken = default)
    {
        long count = rows.Count;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, TableFileHeader.Nil, nameof(rows));
        long buckets = count == 0 ? 0 : bucketCount ?? TableFileHeader.GrownBucketCount(count);
        if (count > 0 && (!System.Numerics.BitOperations.IsPow2(buckets) || buckets > 1 << 30))
            throw new ArgumentOutOfRangeException(nameof(bucketCount), buckets, "expected a power of two up to 2^30");
        using HashedFile file = new(path);
        TableFileHeader header = new(count, buckets, rows.RowBytes);
        Span<byte> start = stackalloc byte[TableFileHeader.Size];
        header.Write(start);
        file.Write(start);
        if (count > 0)
        {
            ulong[] keys = new ulong[Math.Min(count, Math.Max(1, BlockBytes / (rows.RowBytes + sizeof(ulong))))];
            WriteKeys(file, rows, keys, cancellationToken);
            WriteRows(file, rows, keys, cancellationToken);
            WriteIndex(file, rows, keys, buckets, cancellationToken);
        }

        return file.Complete();
    }

    static void WriteKeys(HashedFile file, ITableRows rows, ulong[] keys, CancellationToken cancellationToken)
    {
        for (long start = 0; start < rows.Count; start += keys.Length)
            file.Write(MemoryMarshal.AsBytes(Next(rows, start, keys, cancellationToken)));
    }

    static void WriteRows(HashedFile file, ITableRows rows, ulong[] keys, CancellationToken cancellationToken)
    {
        byte[] block = new byte[checked(keys.Length * rows.RowBytes)];
        for (long start = 0; start < rows.Count; start += keys.Length)
        {
            Span<ulong> part = Next(rows, start, keys, cancellationToken);
            Span<byte> bytes = block.AsSpan(0, part.Length * rows.RowBytes);
            rows.ReadRows(start, part, bytes);
            file.Write(bytes);
        }
    }

    // A key goes to the head of its chain, so that a chain runs from newer to older rows.
    static void WriteIndex(HashedFile file, ITableRows rows, ulong[] keys, long buckets, CancellationToken cancellationToken)
    {
        uint[] first = new uint[buckets];
        Array.Fill(first, TableFileHeader.Nil);
        uint[] next = new uint[keys.Length];
        for (long start = 0; start < rows.Count; start += keys.Length)
        {
            Span<ulong> part = Next(rows, start, keys, cancellationToken);
            for (int i = 0; i < part.Length; i++)
            {
                ref uint head = ref first[TableFileHeader.BucketOf(part[i], buckets)];
                next[i] = head;
                head = (uint)(start + i);
            }

            file.Write(MemoryMarshal.AsBytes(next.AsSpan(0, part.Length)));
        }

        for (int start = 0; start < first.Length; start += BlockBytes / sizeof(uint))
        {
            int length = Math.Min(BlockBytes / sizeof(uint), first.Length - start);
            file.Write(MemoryMarshal.AsBytes(first.AsSpan(start, length)));
        }
    }

    static Span<ulong> Next(ITableRows rows, long start, ulong[] keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Span<ulong> part = keys.AsSpan(0, (int)Math.Min(keys.Length, rows.Count - start));
        rows.ReadKeys(start, part);
        return part;
    }
}
