using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// A growable native buffer, 64-byte aligned, kept from step to step so that a step allocates nothing once the largest
/// batch was seen. Not thread-safe. <see cref="Reserve"/> may move the memory and does not keep its content. Large memory asks
/// for huge pages, because a first touch of many small pages is slow in virtual machines.
/// </summary>
public sealed unsafe partial class NativeBuffer : IDisposable
{
    const nuint HugePage = 2 << 20;
    const int AdviseHugePage = 14;

    void* _memory;
    long _capacity;

    /// <summary>Returns a block of exactly <paramref name="count"/> elements, its content undefined.</summary>
    /// <param name="count">Number of elements, at least 0.</param>
    public NativeBlock Reserve<T>(long count) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long bytes = checked(count * sizeof(T));
        if (bytes > _capacity)
        {
            long capacity = Math.Max(4096, checked(bytes + (bytes >> 1)));
            capacity = (capacity + 63) & ~63L;
            void* memory = Allocate((nuint)capacity);
            NativeMemory.AlignedFree(_memory);
            _memory = memory;
            _capacity = capacity;
        }

        return new((nint)_memory, bytes);
    }

    /// <summary>Frees the memory; blocks that were handed out become invalid.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _capacity = 0;
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory of a buffer that was not disposed.</summary>
    ~NativeBuffer() => NativeMemory.AlignedFree(_memory);

    static void* Allocate(nuint bytes)
    {
        if (bytes < 2 * HugePage || !OperatingSystem.IsLinux()) return NativeMemory.AlignedAlloc(bytes, 64);
        void* memory = NativeMemory.AlignedAlloc(bytes, HugePage);
        _ = Advise((nint)memory, bytes, AdviseHugePage);
        return memory;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
