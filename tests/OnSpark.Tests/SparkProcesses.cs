using System.Globalization;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>The processes of this machine, from <c>/proc</c>.</summary>
static class SparkProcesses
{
    /// <summary>The processes below a process.</summary>
    public static int[] Below(int root) =>
        [.. Directory.EnumerateDirectories("/proc").Select(path => System.IO.Path.GetFileName(path)!)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture))
            .Where(process => process != root && IsBelow(process, root))];

    /// <summary>Whether a process is there and is not just waiting to be buried.</summary>
    public static bool IsRunning(int process) => StatOf(process) is [not "Z", ..];

    /// <summary>Waits for something, at most two minutes.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        while (!isSo())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{what} did not come within two minutes");
            }
        }
    }

    static bool IsBelow(int process, int root)
    {
        for (int at = process; at > 1; at = ParentOf(at))
            if (at == root) return true;
        return false;
    }

    /// <summary>The process that has started a process; 0: it is not there.</summary>
    public static int ParentOf(int process) => StatOf(process) is [_, { } parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    // From the state on: the field before it is the name in parentheses, which may hold blanks.
    static string[] StatOf(int process)
    {
        string stat = Read(process.ToString(CultureInfo.InvariantCulture), "stat");
        return stat.Length == 0 ? [] : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
