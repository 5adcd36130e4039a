using System.Buffers.Binary;
using System.Text;

namespace MetaSpore.Spark.Model.Native;

/// <summary>
/// The bytes of a shared object for Linux x64 that exports <c>int mkl_serv_intel_cpu_true(void)</c>, returning 1, and
/// nothing else.
/// </summary>
/// <remarks>
/// <code>
/// file      0 ELF header | 64 program headers (4 × 56) | .hash | .dynsym | .dynstr | code | pad | .dynamic
/// memory    segment 1, r-x: the whole file at 0           segment 2, rw-: .dynamic at its file offset + one page
/// </code>
/// The dynamic table has a page of its own because loaders before glibc 2.35 write into it, and no page is both writable
/// and executable. There are no section headers: a loader reads none. Structures as in the System V ABI and its x86-64
/// supplement.
/// </remarks>
static class MklFastPathLibrary
{
    internal const string Symbol = "mkl_serv_intel_cpu_true";

    const string Name = "libmetaspore-mkl-fast-path.so";
    const int PageSize = 0x1000;
    const int HeaderSize = 64;
    const int ProgramHeaderSize = 56;
    const int SymbolSize = 24;

    static ReadOnlySpan<byte> Code => [0xb8, 1, 0, 0, 0, 0xc3]; // mov eax, 1; ret

    enum Segment : uint
    {
        Load = 1,
        Dynamic = 2,
        Stack = 0x6474e551,
    }

    [Flags]
    enum Access : uint
    {
        Execute = 1,
        Write = 2,
        Read = 4,
    }

    internal static byte[] Build()
    {
        byte[] strings = Encoding.ASCII.GetBytes($"\0{Symbol}\0{Name}\0");
        const int symbolName = 1;
        int libraryName = symbolName + Symbol.Length + 1;

        const int hashOffset = HeaderSize + (4 * ProgramHeaderSize);
        const int hashSize = 5 * sizeof(uint);
        const int symbolsOffset = (hashOffset + hashSize + 7) & ~7;
        const int stringsOffset = symbolsOffset + (2 * SymbolSize);
        int codeOffset = (stringsOffset + strings.Length + 15) & ~15;
        int dynamicOffset = (codeOffset + Code.Length + 7) & ~7;
        const int dynamicSize = 7 * 16;

        byte[] file = new byte[dynamicOffset + dynamicSize];
        WriteHeader(file);
        const Access code = Access.Read | Access.Execute, data = Access.Read | Access.Write;
        int dynamicAddress = dynamicOffset + PageSize;
        Span<byte> segments = file.AsSpan(HeaderSize);
        WriteSegment(segments, 0, Segment.Load, code, 0, 0, dynamicOffset, PageSize);
        WriteSegment(segments, 1, Segment.Load, data, dynamicOffset, dynamicAddress, dynamicSize, PageSize);
        WriteSegment(segments, 2, Segment.Dynamic, data, dynamicOffset, dynamicAddress, dynamicSize, 8);
        WriteSegment(segments, 3, Segment.Stack, data, 0, 0, 0, 16); // without it the loader makes the stack executable

        WriteUInt32s(file.AsSpan(hashOffset), [1, 2, 1, 0, 0]); // 1 bucket, 2 symbols; bucket 0 is the chain of symbol 1 alone
        WriteSymbol(file.AsSpan(symbolsOffset + SymbolSize), symbolName, codeOffset);
        strings.CopyTo(file, stringsOffset);
        Code.CopyTo(file.AsSpan(codeOffset));
        WriteUInt64s(file.AsSpan(dynamicOffset),
        [
            4, hashOffset,                  // DT_HASH
            5, stringsOffset,               // DT_STRTAB
            6, symbolsOffset,               // DT_SYMTAB
            10, (ulong)strings.Length,      // DT_STRSZ
            11, SymbolSize,                 // DT_SYMENT
            14, (ulong)libraryName,         // DT_SONAME
            0, 0,                           // DT_NULL
        ]);
        return file;
    }

    static void WriteHeader(Span<byte> header)
    {
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(header);                                  // 64-bit, little-endian, version 1
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 3);      // ET_DYN
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], 62);     // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], 4);
    }

    static void WriteSegment(
        Span<byte> segments, int index, Segment kind, Access access, int offset, int address, int size, int alignment)
    {
        Span<byte> header = segments.Slice(index * ProgramHeaderSize, ProgramHeaderSize);
        WriteUInt32s(header, [(uint)kind, (uint)access]);
        WriteUInt64s(
            header[8..], [(ulong)offset, (ulong)address, (ulong)address, (ulong)size, (ulong)size, (ulong)alignment]);
    }

    static void WriteSymbol(Span<byte> symbol, int name, int address)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(symbol, (uint)name);
        symbol[4] = (1 << 4) | 2;                                       // STB_GLOBAL, STT_FUNC
        BinaryPrimitives.WriteUInt16LittleEndian(symbol[6..], 1);       // any section but SHN_UNDEF
        WriteUInt64s(symbol[8..], [(ulong)address, (ulong)Code.Length]);
    }

    static void WriteUInt32s(Span<byte> destination, ReadOnlySpan<uint> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(destination[(i * sizeof(uint))..], values[i]);
        }
    }

    static void WriteUInt64s(Span<byte> destination, ReadOnlySpan<ulong> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[(i * sizeof(ulong))..], values[i]);
        }
    }
}
