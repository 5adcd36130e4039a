using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// A borrowed range of native memory: a torch tensor's storage, a slab, a network buffer. It owns nothing; whoever made
/// it keeps the memory alive and in place while the block is in use. The default value is the empty block. Two blocks are
/// equal when they are the same memory.
/// </summary>
/// <param name="Address">First byte; 0 only when <paramref name="ByteLength"/> is 0.</param>
/// <param name="ByteLength">Length in bytes, at least 0.</param>
public readonly unsafe record struct NativeBlock(nint Address, long ByteLength)
{
    /// <summary>Whether the block holds no byte.</summary>
    public bool IsEmpty => ByteLength == 0;

    /// <summary>The block as elements of <typeparamref name="T"/>; at most 2³¹−1 of them.</summary>
    /// <exception cref="OverflowException">The block holds more elements than a span can.</exception>
    public Span<T> AsSpan<T>() where T : unmanaged =>
        new((void*)Address, checked((int)(ByteLength / sizeof(T))));

    /// <summary>The bytes from <paramref name="offset"/> on, <paramref name="length"/> of them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the block.</exception>
    public NativeBlock Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, ByteLength, nameof(length));
        return new(Address + (nint)offset, length);
    }

    /// <summary>Asks the processor to fetch the block's lines into its caches, where it can; the block is not read.</summary>
    public void Prefetch()
    {
        if (!Sse.IsSupported) return;
        for (long line = 0; line < ByteLength; line += 64) Sse.Prefetch0((byte*)Address + line);
    }

    /// <summary>The block over <paramref name="span"/>, whose memory must be native or pinned and outlive the block.</summary>
    public static NativeBlock Of<T>(Span<T> span) where T : unmanaged =>
        new((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(span)), (long)span.Length * sizeof(T));
}
