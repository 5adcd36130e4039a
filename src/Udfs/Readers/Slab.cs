using System.Runtime.InteropServices;
using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>One block of memory that holds all buffers of a batch, each beginning on a multiple of 8 bytes.</summary>
ref struct Slab(byte[] memory)
{
    int _at;

    /// <summary>Bytes that a buffer of <paramref name="bytes"/> takes.</summary>
    public static long Padded(long bytes) => (bytes + 7) & ~7L;

    /// <summary>Copies elements to the slab.</summary>
    public ArrowBuffer Add<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        bytes.CopyTo(memory.AsSpan(_at));
        var buffer = new ArrowBuffer(new ReadOnlyMemory<byte>(memory, _at, bytes.Length));
        _at = (int)Padded(_at + bytes.Length);
        return buffer;
    }
}
