using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace MetaSpore.Spark.Model.Native;

/// <summary>Loads libtorch, the native library below TorchSharp, so that it runs at full speed.</summary>
public static class LibTorch
{
    static readonly Lock s_gate = new();
    static bool s_isLoaded;

    /// <summary>
    /// What was done to run MKL's fast kernels on this processor, or why nothing was: one line for the log of a run.
    /// </summary>
    /// <remarks>Thread-safe. Loads no libtorch.</remarks>
    public static string MklDescription => MklFastPath.Description;

    /// <summary>Applies the MKL cure, then loads libtorch; later calls only set the thread count.</summary>
    /// <param name="threadCount">
    /// How many threads one operation of libtorch may use, at least 1; null leaves libtorch's own choice, one a core.
    /// It holds for the calling thread and for threads that use libtorch for the first time later. Sums of floats are
    /// split by it, so a run whose bits must be repeatable fixes it.
    /// </param>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    /// <remarks>
    /// Thread-safe and idempotent. Comes before anything else touches TorchSharp: the cure has no effect on a libtorch that
    /// is already there, and a failure to load it is explained only here. The cure alone is also applied as soon as a type
    /// of this assembly is used. Blocks the first time, for about half a second.
    /// </remarks>
    public static void Initialize(int? threadCount = null)
    {
        if (threadCount < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(threadCount), threadCount, "libtorch needs at least one thread; null leaves the choice to it.");
        }

        lock (s_gate)
        {
            if (!s_isLoaded)
            {
                MklFastPath.Apply();
                Load();
                s_isLoaded = true;
            }
        }

        if (threadCount is { } count)
        {
            SetThreadCount(count);
        }
    }

    /// <summary>The whole message for a failure to load libtorch.</summary>
    /// <param name="loaderMessage">
    /// What the system's loader said: a general line, then one a path that it tried. The message quotes those that tell more
    /// than that the path does not exist, if there are any.
    /// </param>
    internal static string Explain(string loaderMessage)
    {
        bool Says(string text) => loaderMessage.Contains(text, StringComparison.Ordinal);
        string cure =
            Says("GLIBCXX_")
                ? "The C++ runtime of this machine (libstdc++.so.6) is older than the library asks for. Build with "
                    + "-p:GlibcxxCure=always; it then suffices that libstdc++ is of GCC 12 or later (Debian 12, Ubuntu 22.04)."
            : Says("GLIBC_")
                ? "The C library of this machine is older than 2.34. Use Debian 12, Ubuntu 22.04, RHEL 9 or later."
            : "The native libraries must lie beside the program, or below it in runtimes/<system>/native: start it from its "
                + "whole build or publish folder. Supported are Linux x64 with glibc, Windows x64 (with the Visual C++ "
                + "runtime) and macOS arm64. A program of your own also references the package libtorch-cpu-<system>.";
        string[] lines = loaderMessage.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] reasons = [.. lines.Skip(1).Where(line => !(line.Contains("LibTorchSharp", StringComparison.Ordinal)
            && line.EndsWith("No such file or directory", StringComparison.Ordinal)))];
        return $"libtorch cannot be loaded for the program in '{AppContext.BaseDirectory}'. {cure} The loader said: "
            + string.Join(Environment.NewLine, reasons.Length > 0 ? reasons : lines);
    }

    // Not inlined: TorchSharp must not be touched before the cure, not even by the compiler of the calling method.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Load()
    {
        try
        {
            _ = NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(Explain(exception.Message), exception);
        }

        torch.InitializeDeviceType(DeviceType.CPU);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void SetThreadCount(int count) => torch.set_num_threads(count);
}
