using MetaSpore.Spark.Build;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Native;

public sealed class ElfVersionNeedsTests
{
    const string Absent = "GLIBCXX_3.4.32";
    const string Present = "GLIBCXX_3.4.30";

    [Theory]
    [InlineData(Absent, 0x0297f842u)] // as the packaged file holds it
    [InlineData(Present, 0x0297f840u)]
    [InlineData("GLIBC_2.2.5", 0x09691a75u)] // the value in every x86-64 program
    public void Hash_KnownVersion_IsThatOfTheAbi(string version, uint expected) =>
        Assert.Equal(expected, ElfVersionNeeds.Hash(version));

    [Fact]
    public void Rename_PackagedLibrary_ChangesOneLetterAndOneHash()
    {
        byte[] packaged = NativeFiles.PackagedTorchSharp();
        byte[] cured = [.. packaged];

        Assert.True(ElfVersionNeeds.Needs(packaged, Absent));
        Assert.Equal(1, ElfVersionNeeds.Rename(cured, Absent, Present));

        Assert.False(ElfVersionNeeds.Needs(cured, Absent));
        Assert.True(ElfVersionNeeds.Needs(cured, Present));
        (byte, byte)[] changes = [.. packaged.Zip(cured).Where(pair => pair.First != pair.Second).Order()];
        Assert.Equal([((byte)'2', (byte)'0'), ((byte)0x42, (byte)0x40)], changes);
    }

    [Fact]
    public void Rename_SecondTime_ChangesNothing()
    {
        byte[] cured = NativeFiles.PackagedTorchSharp();
        _ = ElfVersionNeeds.Rename(cured, Absent, Present);
        byte[] before = [.. cured];

        Assert.Equal(0, ElfVersionNeeds.Rename(cured, Absent, Present));
        Assert.Equal(before, cured);
    }

    [Fact]
    public void Rename_LibraryWithoutNeeds_ChangesNothing() =>
        Assert.Equal(0, ElfVersionNeeds.Rename(Model.Native.MklFastPathLibrary.Build(), Absent, Present));

    [Fact]
    public void Rename_NamesOfTwoLengths_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => ElfVersionNeeds.Rename(new byte[64], Absent, "GLIBCXX_3.4.9"));
        Assert.Contains("differ in length", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Needs_NoElfFile_Throws()
    {
        var error = Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Needs(new byte[100], Absent));
        Assert.Contains("not a 64-bit little-endian ELF file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Needs_TruncatedLibrary_Throws(int length)
    {
        byte[] truncated = NativeFiles.PackagedTorchSharp()[..length];
        var error = Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Needs(truncated, Absent));
        Assert.Contains("outside of the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_ThisOutput_NeedsNothingThatTheSystemLacks()
    {
        Assert.SkipUnless(NativeFiles.IsLinuxX64, "the cure of libLibTorchSharp.so is for Linux x64");
        byte[] library = File.ReadAllBytes(NativeFiles.InOutput("libLibTorchSharp.so"));
        if (ElfVersionNeeds.Needs(library, Absent)) Assert.True(NativeFiles.SystemHas(Absent));
    }
}
