using System.Runtime.InteropServices;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// Zeroed native memory for tables. Large ranges come from the system's pages, start at a 2 MiB boundary and ask for huge
/// pages, so that a random access costs one cache miss and seldom a page walk; untouched pages cost nothing.
/// </summary>
static unsafe partial class NativePages
{
    const nuint HugePage = 2 << 20;

    /// <summary>Allocates zeroed memory, aligned to 64 bytes (2 MiB when it is at least that long).</summary>
    /// <exception cref="ShardCapacityException">The system has no such range.</exception>
    public static byte* Allocate(nuint bytes)
    {
        if (!IsMapped(bytes))
        {
            void* small = NativeMemory.AlignedAlloc(bytes, 64);
            NativeMemory.Clear(small, bytes);
            return (byte*)small;
        }

        nuint length = Round(bytes);
        nint mapped = Map(0, length + HugePage, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        if (mapped == -1) throw new ShardCapacityException($"the system refuses {length:N0} bytes of memory for table rows");
        nuint start = ((nuint)mapped + HugePage - 1) & ~(HugePage - 1);
        nuint before = start - (nuint)mapped;
        if (before > 0) _ = Unmap(mapped, before);
        if (HugePage - before > 0) _ = Unmap((nint)(start + length), HugePage - before);
        _ = Advise((nint)start, length, AdviseHugePage);
        return (byte*)start;
    }

    /// <summary>Frees what <see cref="Allocate"/> returned for the same length.</summary>
    public static void Free(byte* memory, nuint bytes)
    {
        if (memory == null) return;
        if (IsMapped(bytes)) _ = Unmap((nint)memory, Round(bytes));
        else NativeMemory.AlignedFree(memory);
    }

    const int ProtectReadWrite = 3, MapPrivateAnonymous = 0x22, AdviseHugePage = 14;

    static bool IsMapped(nuint bytes) => bytes >= HugePage && OperatingSystem.IsLinux();

    static nuint Round(nuint bytes) => (bytes + HugePage - 1) & ~(HugePage - 1);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
