using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The keys that a delta takes away from one shard's part of a table: 8 bytes <c>0x89 Removed</c>, their number n (uint64),
/// then n keys (uint64), ascending.
/// </summary>
static class RemovedKeysFile
{
    const int HeaderBytes = 16;

    static ReadOnlySpan<byte> Signature => [0x89, (byte)'R', (byte)'e', (byte)'m', (byte)'o', (byte)'v', (byte)'e', (byte)'d'];

    /// <summary>The file of one shard's part of a table.</summary>
    public static string Name(string table, int shard) => $"{table}__removed_{shard}.dat";

    /// <summary>Writes a new file and flushes it to the disk.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public static CheckpointFile Write(string path, ReadOnlySpan<ulong> keys)
    {
        using HashedFile file = new(path);
        Span<byte> header = stackalloc byte[HeaderBytes];
        Signature.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header[Signature.Length..], keys.Length);
        file.Write(header);
        file.Write(MemoryMarshal.AsBytes(keys));
        return file.Complete();
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">It is missing or damaged.</exception>
    public static ulong[] Read(string path)
    {
        byte[] content = CheckpointFiles.TryRead(path)
            ?? throw new BadInputException($"the removed keys of a delta, '{path}', are missing: restore the file from a copy of the checkpoint");
        if (content.Length < HeaderBytes || !content.AsSpan().StartsWith(Signature)) throw Damaged(path, "expected a list of removed keys, found other bytes");
        long count = BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(Signature.Length));
        ReadOnlySpan<ulong> keys = MemoryMarshal.Cast<byte, ulong>(content.AsSpan(HeaderBytes));
        if (count != keys.Length || content.Length % sizeof(ulong) != 0)
            throw Damaged(path, $"expected {count} keys, found {content.Length - HeaderBytes} bytes of keys");
        for (int i = 1; i < keys.Length; i++)
            if (keys[i] <= keys[i - 1]) throw Damaged(path, $"expected ascending keys, found key {keys[i]} after {keys[i - 1]}");
        return keys.ToArray();
    }

    static BadInputException Damaged(string path, string what) => new($"'{path}': {what}: it is damaged; restore it from a copy");
}
