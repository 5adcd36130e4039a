using System.Diagnostics;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>A file system of its own of 1 MiB in a folder, to be filled up; needs Linux and the right to mount.</summary>
sealed class SmallDisk : IDisposable
{
    readonly string _folder;

    SmallDisk(string folder) => _folder = folder;

    /// <summary>Mounts one; null where this process may not.</summary>
    public static SmallDisk? TryMount(string folder)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Directory.CreateDirectory(folder);
        return Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder) ? new SmallDisk(folder) : null;
    }

    /// <summary>Leaves so many bytes free.</summary>
    public void Fill(long free)
    {
        long size = new DriveInfo(_folder).AvailableFreeSpace - free;
        using FileStream filler = File.Create(Path.Combine(_folder, "filler"));
        filler.Write(new byte[size]);
    }

    /// <summary>Frees what <see cref="Fill"/> took.</summary>
    public void Empty() => File.Delete(Path.Combine(_folder, "filler"));

    public void Dispose() => Run("umount", _folder);

    static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
