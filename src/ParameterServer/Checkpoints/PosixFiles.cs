using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// What .NET can't do with files: flush a folder to the disk, exchange two at once, and begin to write a file back early. All are
/// best effort.
/// </summary>
static partial class PosixFiles
{
    const int CurrentFolder = -100;
    const uint Exchange = 2;
    const uint WriteBack = 2;

    /// <summary>Flushes the names in a folder to the disk, where the system can.</summary>
    public static void FlushFolder(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
        int handle = Open(directory, 0);
        if (handle < 0) return;
        _ = Flush(handle);
        _ = Close(handle);
    }

    /// <summary>Exchanges two folders in one step, so that neither name is ever missing.</summary>
    /// <returns>False when the system or the file system can't; nothing has changed.</returns>
    public static bool TryExchange(string left, string right)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return Rename(CurrentFolder, left, CurrentFolder, right, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Lets the disk begin with a range of a file that was written, without waiting for it.</summary>
    public static void StartWriteBack(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux()) _ = SyncRange(file, offset, length, WriteBack);
    }

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(int leftFolder, string left, int rightFolder, string right, uint flags);
}
