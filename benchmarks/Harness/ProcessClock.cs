using System.Diagnostics;

namespace MetaSpore.Spark.Benchmarks.Harness;

/// <summary>Time that this process and its peers have run on processors: what work costs on a machine that also does other things.</summary>
static class ProcessClock
{
    static readonly List<Process> s_processes = [Process.GetCurrentProcess()];

    /// <summary>Milliseconds of all of them.</summary>
    public static double Milliseconds
    {
        get
        {
            double sum = 0;
            foreach (Process process in s_processes)
            {
                process.Refresh();
                sum += process.TotalProcessorTime.TotalMilliseconds;
            }

            return sum;
        }
    }

    /// <summary>Counts another process too, and keeps its object alive.</summary>
    public static void Add(Process process) => s_processes.Add(process);
}
