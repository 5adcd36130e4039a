using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Asks the operating system which connections the other side has closed, without reading from them.</summary>
static class ClosedPeers
{
    // POLLRDHUP of Linux: the peer has closed or shut its side, also while unread bytes wait.
    const short PeerClosed = 0x2000;
    const short ErrorOrHangUp = 0x8 | 0x10 | 0x20;

    /// <summary>Waits until one is closed or the time is over.</summary>
    /// <param name="sockets">Open sockets; the caller keeps their handles from being reused.</param>
    /// <param name="isClosed">Receives the answer for each.</param>
    /// <param name="milliseconds">Longest wait.</param>
    public static void Wait(ReadOnlySpan<Socket> sockets, Span<bool> isClosed, int milliseconds)
    {
        var polled = new Polled[sockets.Length];
        for (int i = 0; i < polled.Length; i++)
            polled[i] = new Polled { Descriptor = (int)sockets[i].Handle, Events = OperatingSystem.IsLinux() ? PeerClosed : (short)0 };
        int ready = Poll(polled, (nuint)polled.Length, milliseconds);
        for (int i = 0; i < polled.Length; i++) isClosed[i] = ready > 0 && (polled[i].Returned & (PeerClosed | ErrorOrHangUp)) != 0;
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Poll([In, Out] Polled[] polled, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
