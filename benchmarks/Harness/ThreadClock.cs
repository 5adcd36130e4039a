using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Benchmarks.Harness;

/// <summary>
/// Time that the calling thread has run on a processor (Linux; elsewhere wall time): what single-threaded work costs on a
/// machine that also does other things.
/// </summary>
static unsafe partial class ThreadClock
{
    const int ThreadCpuTime = 3;

    /// <summary>Seconds from an arbitrary moment.</summary>
    public static double Now
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
            long* time = stackalloc long[2];
            if (GetTime(ThreadCpuTime, time) != 0) throw new InvalidOperationException("the thread has no clock");
            return time[0] + (time[1] * 1e-9);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}
