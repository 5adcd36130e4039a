using System;
using System.IO;
using System.Text;

namespace MetaSpore.Spark.Build;

#if !WITHOUT_MSBUILD
/// <summary>Writes a copy of libLibTorchSharp.so that loads where the C++ runtime lacks GLIBCXX_3.4.32.</summary>
/// <remarks>NativeCures.targets compiles this file during the build.</remarks>
public sealed class GlibcxxCureTask : Microsoft.Build.Utilities.Task
{
    /// <summary>The packaged library; only read.</summary>
    public string Source { get; set; }

    /// <summary>The copy: a new file, so that links to an earlier one keep their content.</summary>
    public string Destination { get; set; }

    public override bool Execute()
    {
        byte[] library = File.ReadAllBytes(Source);
        int renamed;
        try
        {
            renamed = ElfVersionNeeds.Rename(library, "GLIBCXX_3.4.32", "GLIBCXX_3.4.30");
        }
        catch (InvalidDataException exception)
        {
            Log.LogError(
                "Cannot lower the C++ runtime version that '{0}' asks for: {1} Build with -p:GlibcxxCure=never to keep it.",
                Source,
                exception.Message);
            return false;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        string temporary = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, library);
        File.Delete(Destination);
        File.Move(temporary, Destination);
        Log.LogMessage("{0}: {1} need(s) of GLIBCXX_3.4.32 lowered to GLIBCXX_3.4.30.", Destination, renamed);
        return true;
    }
}
#endif

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF file needs of other libraries (its .gnu.version_r), found through its
/// dynamic table.
/// </summary>
public static class ElfVersionNeeds
{
    const uint LoadSegment = 1;
    const uint DynamicSegment = 2;
    const long StringTableTag = 5;
    const long StringTableSizeTag = 10;
    const long VersionNeedTag = 0x6ffffffe;
    const long VersionNeedCountTag = 0x6fffffff;

    /// <summary>
    /// Renames every need of <paramref name="from"/> to <paramref name="to"/>, of the same length, in place: name and hash.
    /// </summary>
    /// <returns>How many needs were renamed; 0 when there is none, so that a second call changes nothing.</returns>
    /// <exception cref="InvalidDataException">
    /// The bytes are no 64-bit little-endian ELF file, or its tables point outside of it.
    /// </exception>
    public static int Rename(byte[] elf, string from, string to)
    {
        if (from.Length != to.Length)
        {
            throw new ArgumentException(
                "The names '" + from + "' and '" + to + "' differ in length; the string table cannot grow.");
        }

        byte[] replacement = Encoding.ASCII.GetBytes(to);
        return Visit(elf, (name, entry, nameOffset) =>
        {
            if (name != from)
            {
                return false;
            }

            replacement.CopyTo(elf, nameOffset);
            BitConverter.GetBytes(Hash(to)).CopyTo(elf, entry);
            return true;
        });
    }

    /// <summary>Whether the file needs the symbol version <paramref name="version"/> of some library.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Rename"/>.</exception>
    public static bool Needs(byte[] elf, string version)
    {
        return Visit(elf, (name, entry, nameOffset) => name == version) != 0;
    }

    /// <summary>The System V ABI's hash of a symbol or version name.</summary>
    public static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }

    // Calls visit(name, offset of the Vernaux entry, offset of the name) for each entry, and counts the times it says yes.
    // Verneed: version u16, count u16, file u32, aux u32, next u32. Vernaux: hash u32, flags u16, other u16, name u32, next u32.
    static int Visit(byte[] elf, Func<string, int, int, bool> visit)
    {
        if (elf.Length < 64 || ReadUInt32(elf, 0) != 0x464c457f || elf[4] != 2 || elf[5] != 1)
        {
            throw new InvalidDataException("it is not a 64-bit little-endian ELF file.");
        }

        long strings = FindDynamic(elf, StringTableTag), needs = FindDynamic(elf, VersionNeedTag);
        if (needs < 0)
        {
            return 0;
        }

        int stringsOffset = OffsetOf(elf, strings);
        int stringsEnd = stringsOffset + (int)FindDynamic(elf, StringTableSizeTag);
        int need = OffsetOf(elf, needs), found = 0;
        for (long left = FindDynamic(elf, VersionNeedCountTag); left > 0; left--)
        {
            int entry = need + (int)ReadUInt32(elf, need + 8);
            for (int entries = ReadUInt16(elf, need + 2); entries > 0; entries--)
            {
                int name = stringsOffset + (int)ReadUInt32(elf, entry + 8);
                if (visit(ReadString(elf, name, stringsEnd), entry, name))
                {
                    found++;
                }

                entry += (int)ReadUInt32(elf, entry + 12);
            }

            need += (int)ReadUInt32(elf, need + 12);
        }

        return found;
    }

    // The value of a tag of the dynamic table, -1 when it is absent.
    static long FindDynamic(byte[] elf, long tag)
    {
        int header = FindSegment(elf, DynamicSegment, candidate => true);
        int entry = (int)ReadInt64(elf, header + 8), end = entry + (int)ReadInt64(elf, header + 32);
        for (; entry < end; entry += 16)
        {
            if (ReadInt64(elf, entry) == tag)
            {
                return ReadInt64(elf, entry + 8);
            }
        }

        return -1;
    }

    // Where in the file the byte at a virtual address is.
    static int OffsetOf(byte[] elf, long address)
    {
        int header = FindSegment(elf, LoadSegment, candidate =>
        {
            long start = ReadInt64(elf, candidate + 16);
            return address >= start && address < start + ReadInt64(elf, candidate + 32);
        });
        return (int)(address - ReadInt64(elf, header + 16) + ReadInt64(elf, header + 8));
    }

    // Program header: type u32, flags u32, offset u64, virtual address u64, physical address u64, size in the file u64,
    // size in memory u64, alignment u64.
    static int FindSegment(byte[] elf, uint kind, Func<int, bool> matches)
    {
        int header = (int)ReadInt64(elf, 32), size = ReadUInt16(elf, 54);
        for (int left = ReadUInt16(elf, 56); left > 0; left--, header += size)
        {
            if (ReadUInt32(elf, header) == kind && matches(header))
            {
                return header;
            }
        }

        throw new InvalidDataException("it has no dynamic table, or its dynamic table points outside of the file.");
    }

    static string ReadString(byte[] elf, int offset, int end)
    {
        Check(elf, offset, 1);
        int terminator = Array.IndexOf(elf, (byte)0, offset, Math.Max(0, Math.Min(end, elf.Length) - offset));
        if (terminator < 0)
        {
            throw new InvalidDataException("its string table ends inside a name.");
        }

        return Encoding.ASCII.GetString(elf, offset, terminator - offset);
    }

    static ushort ReadUInt16(byte[] elf, int offset)
    {
        Check(elf, offset, 2);
        return BitConverter.ToUInt16(elf, offset);
    }

    static uint ReadUInt32(byte[] elf, int offset)
    {
        Check(elf, offset, 4);
        return BitConverter.ToUInt32(elf, offset);
    }

    static long ReadInt64(byte[] elf, int offset)
    {
        Check(elf, offset, 8);
        return BitConverter.ToInt64(elf, offset);
    }

    static void Check(byte[] elf, int offset, int count)
    {
        if (offset < 0 || offset > elf.Length - count)
        {
            throw new InvalidDataException("its tables point outside of the file.");
        }
    }
}
