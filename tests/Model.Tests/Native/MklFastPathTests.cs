using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Native;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Native;

public sealed class MklFastPathTests
{
    const string Symbol = "mkl_serv_intel_cpu_true";

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    delegate int Answer();

    [Fact]
    public void LoadGlobally_OurLibrary_AnswersOneToWhoeverLooksTheSymbolUp()
    {
        Assert.SkipUnless(NativeFiles.IsLinuxX64, "the library is for Linux x64");
        nint library = MklFastPath.LoadGlobally(MklFastPathLibrary.Build());

        nint own = NativeLibrary.GetExport(library, Symbol);
        nint global = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), Symbol);

        Assert.Equal(1, Marshal.GetDelegateForFunctionPointer<Answer>(own)());
        Assert.Equal(1, Marshal.GetDelegateForFunctionPointer<Answer>(global)());
    }

    [Fact]
    public void LoadGlobally_NoLibrary_ThrowsWithTheLoadersReason()
    {
        Assert.SkipUnless(NativeFiles.IsLinuxX64, "the library is for Linux x64");
        var error = Assert.Throws<DllNotFoundException>(() => MklFastPath.LoadGlobally("no ELF file"u8));
        Assert.Contains("file too short", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_Segments_NoneIsWritableAndExecutable()
    {
        byte[] library = MklFastPathLibrary.Build();
        int headers = BinaryPrimitives.ReadUInt16LittleEndian(library.AsSpan(56));
        Assert.Equal(4, headers);
        for (int i = 0; i < headers; i++)
        {
            uint access = BinaryPrimitives.ReadUInt32LittleEndian(library.AsSpan(64 + (i * 56) + 4));
            Assert.NotEqual(3u, access & 3);
        }
    }

    [Fact]
    public void LibTorch_ExportsTheSymbol_SoThatOursCanTakeItsPlace()
    {
        Assert.SkipUnless(NativeFiles.IsLinuxX64, "MKL is a part of libtorch for Linux x64");
        LibTorch.Initialize();
        Assert.True(MklFastPath.IsLibTorchLoaded());
        nint libtorch = NativeLibrary.Load(NativeFiles.InOutput("libtorch_cpu.so"));
        Assert.True(NativeLibrary.TryGetExport(libtorch, Symbol, out _));
    }

    [Theory]
    [InlineData(null, true, "AuthenticAMD", false, null)]
    [InlineData("1", true, "AuthenticAMD", false, null)]
    [InlineData("0", true, "AuthenticAMD", false, "METASPORE_MKL_FAST_PATH=0")]
    [InlineData(null, false, "AuthenticAMD", false, "only Linux x64 has it")]
    [InlineData(null, true, "GenuineIntel", false, "not needed on a processor of GenuineIntel")]
    [InlineData(null, true, "AuthenticAMD", true,
        "libtorch was loaded first; call LibTorch.Initialize before any use of TorchSharp")]
    public void FindObstacle_Circumstances_NamesTheFirst(
        string? setting, bool isLinuxX64, string processorMaker, bool isLibTorchLoaded, string? expected) =>
        Assert.Equal(expected, MklFastPath.FindObstacle(setting, isLinuxX64, processorMaker, isLibTorchLoaded));

    [Fact]
    public void Description_ThisProcess_SaysOnOrOff()
    {
        string state = MklFastPath.IsOn ? "on" : "off:";
        Assert.StartsWith($"MKL fast path {state}", LibTorch.MklDescription, StringComparison.Ordinal);
    }
}
