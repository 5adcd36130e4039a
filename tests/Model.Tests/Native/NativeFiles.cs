using System.Reflection;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Model.Tests.Native;

/// <summary>The native libraries that the tests of the cures read.</summary>
static class NativeFiles
{
    internal static bool IsLinuxX64 { get; } =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>libLibTorchSharp.so as its package delivers it; the package holds it on every system.</summary>
    internal static byte[] PackagedTorchSharp()
    {
        string folder = typeof(NativeFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "TorchSharpFolder").Value!;
        return File.ReadAllBytes(Path.Combine(folder, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));
    }

    /// <summary>The path of a native library in this program's output.</summary>
    internal static string InOutput(string name)
    {
        string beside = Path.Combine(AppContext.BaseDirectory, name);
        return File.Exists(beside) ? beside : Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", name);
    }

    /// <summary>Whether the C++ runtime that this process would load has a symbol version.</summary>
    internal static bool SystemHas(string version)
    {
        _ = NativeLibrary.Load("libstdc++.so.6");
        string path = File.ReadLines("/proc/self/maps").First(line => line.Contains("/libstdc++.so.6", StringComparison.Ordinal));
        byte[] runtime = File.ReadAllBytes(path[path.IndexOf('/')..]);
        return runtime.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(version + "\0")) >= 0;
    }
}
