using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace MetaSpore.Spark.Model.Native;

/// <summary>
/// Makes MKL, inside libtorch, choose its kernels by what an AMD processor can do instead of by its maker.
/// </summary>
/// <remarks>
/// MKL asks its own function <c>mkl_serv_intel_cpu_true</c> whether to use its fast kernels. libtorch calls it through its
/// symbol table, so a definition that is loaded earlier, with its symbols visible to all, takes its place. The library that
/// holds ours lives in an anonymous file in memory: nothing is written to a disk. docs/decisions/0002-native-cures.md has
/// the measurements. Thread-safe.
/// </remarks>
static partial class MklFastPath
{
    internal const string Switch = "METASPORE_MKL_FAST_PATH";

    const int LoadLazily = 1;
    const int LoadNow = 2;
    const int OnlyIfLoaded = 4;
    const int LoadGlobal = 0x100;
    const uint CloseOnExec = 1;

    static readonly Lazy<(bool IsOn, string Description)> s_state = new(ApplyOnce);

    /// <summary>Whether libtorch finds our definition.</summary>
    internal static bool IsOn => s_state.Value.IsOn;

    /// <summary>On or off and why, as one line for a log.</summary>
    internal static string Description => s_state.Value.Description;

    /// <summary>
    /// Takes effect in the whole process, once, if libtorch was not loaded before. Never fails:
    /// <see cref="Description"/> tells what became of it.
    /// </summary>
    /// <remarks>
    /// Runs by itself when this assembly is first used, because a user's module derives from a type of ours but may call
    /// TorchSharp, in a field's initial value, before any code of ours. Costs tens of milliseconds, mostly of compilation,
    /// and loads no libtorch.
    /// </remarks>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Nothing later is early enough; see the remarks.")]
    internal static void Apply() => _ = s_state.Value;

    /// <summary>Why the cure must not be applied, or null.</summary>
    internal static string? FindObstacle(string? setting, bool isLinuxX64, string processorMaker, bool isLibTorchLoaded) =>
        setting is "0" ? $"{Switch}=0"
        : !isLinuxX64 ? "only Linux x64 has it"
        : processorMaker != "AuthenticAMD" ? $"not needed on a processor of {processorMaker}"
        : isLibTorchLoaded ? "libtorch was loaded first; call LibTorch.Initialize before any use of TorchSharp"
        : null;

    /// <summary>Loads a shared object from memory, its symbols visible to every library that is loaded later.</summary>
    /// <returns>The loader's handle.</returns>
    /// <exception cref="DllNotFoundException">The system refused; the message holds its reason.</exception>
    /// <remarks>
    /// Keeps one file descriptor open for ever: the loader knows libraries by path, and would give this one to whoever loads
    /// another from a descriptor that got the same number.
    /// </remarks>
    internal static nint LoadGlobally(ReadOnlySpan<byte> library)
    {
        int descriptor = CreateMemoryFile("metaspore-mkl-fast-path", CloseOnExec);
        if (descriptor < 0)
        {
            throw new DllNotFoundException($"memfd_create failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _ = LastError(); // binds the function now: binding it after a failure would overwrite that failure's message
        string? error = null;
        nint written = Write(descriptor, library, library.Length);
        if (written != library.Length)
        {
            error = $"wrote {written} of {library.Length} bytes: {Marshal.GetLastPInvokeErrorMessage()}";
        }
        else if (Open($"/proc/self/fd/{descriptor}", LoadNow | LoadGlobal) is not 0 and nint handle)
        {
            return handle;
        }

        error ??= Marshal.PtrToStringUTF8(LastError());
        _ = Close(descriptor);
        throw new DllNotFoundException(error);
    }

    static (bool IsOn, string Description) ApplyOnce()
    {
        try
        {
            bool isLinuxX64 = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;
            string? setting = Environment.GetEnvironmentVariable(Switch);
            string? obstacle = FindObstacle(setting, isLinuxX64, ProcessorMaker(), isLinuxX64 && IsLibTorchLoaded());
            if (obstacle is not null)
            {
                return (false, $"MKL fast path off: {obstacle}");
            }

            _ = LoadGlobally(MklFastPathLibrary.Build());
            return (true, $"MKL fast path on for this AMD processor; {Switch}=0 turns it off");
        }
        catch (TypeLoadException exception) // a library or a function that does not exist
        {
            return (false, $"MKL fast path off: {exception.Message}; dense layers run at about half speed");
        }
    }

    /// <summary>Whether this process has libtorch in memory; for Linux only.</summary>
    internal static bool IsLibTorchLoaded() => Open("libtorch_cpu.so", LoadLazily | OnlyIfLoaded) != 0;

    // The twelve letters that CPUID leaf 0 gives in EBX, EDX, ECX.
    static string ProcessorMaker()
    {
        if (!X86Base.IsSupported)
        {
            return "another kind";
        }

        (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        ReadOnlySpan<int> letters = [ebx, edx, ecx];
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(letters));
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint LastError();
}
