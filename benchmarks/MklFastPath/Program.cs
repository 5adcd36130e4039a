using System.Diagnostics;
using System.Globalization;
using MetaSpore.Spark.Model.Native;
using TorchSharp;

namespace MetaSpore.Spark.Benchmarks;

/// <summary>
/// What the MKL cure is worth: the same operations, one thread, in two processes that take turns, the cure on and off.
/// Run: dotnet run -c Release --project benchmarks/MklFastPath
/// </summary>
static class Program
{
    const int Rounds = 3;
    const string Switch = "METASPORE_MKL_FAST_PATH";

    static int Main(string[] args)
    {
        if (args is ["measure"])
        {
            Measure();
            return 0;
        }

        var on = new Dictionary<string, double>();
        var off = new Dictionary<string, double>();
        for (int round = 0; round < Rounds; round++)
        {
            MeasureInChild("1", on);
            MeasureInChild("0", off);
        }

        Console.WriteLine($"{"operation",-36}{"off, ms",10}{"on, ms",10}{"ratio",8}");
        foreach ((string operation, double slow) in off)
        {
            Console.WriteLine($"{operation,-36}{slow,10:F3}{on[operation],10:F3}{slow / on[operation],8:F2}");
        }

        const double operations = 2.0 * 1024 * 1024 * 1024;
        string first = off.Keys.First();
        Console.WriteLine($"{first}: {operations / off[first] / 1e6:F0} GFLOP/s off, {operations / on[first] / 1e6:F0} on");
        return 0;
    }

    // The best of all rounds, since what disturbs a measurement can only slow it.
    static void MeasureInChild(string setting, Dictionary<string, double> best)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["measure"]) { RedirectStandardOutput = true };
        start.Environment[Switch] = setting;
        using var child = Process.Start(start)!;
        while (child.StandardOutput.ReadLine() is { } line)
        {
            string[] cells = line.Split('\t');
            double milliseconds = double.Parse(cells[1], CultureInfo.InvariantCulture);
            best[cells[0]] = Math.Min(milliseconds, best.GetValueOrDefault(cells[0], double.MaxValue));
        }

        child.WaitForExit();
    }

    static void Measure()
    {
        LibTorch.Initialize(threadCount: 1);
        Console.Error.WriteLine(LibTorch.MklDescription);
        using var square = torch.randn(1024, 1024);
        using var pooled = torch.randn(1024, 624);
        using var weight = torch.randn(400, 624);
        using var bias = torch.randn(400);
        Time("matmul 1024 x 1024 x 1024", () => torch.matmul(square, square));
        Time("linear 1024 x 624 -> 400", () => torch.nn.functional.linear(pooled, weight, bias));
        Time("tanh of 1024 x 1024", square.tanh);
        Time("exp of 1024 x 1024", square.exp);
        Time("sigmoid of 1024 x 1024", square.sigmoid);
        Time("relu of 1024 x 1024", square.relu);
    }

    static void Time(string name, Func<torch.Tensor> operation)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 40; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using var result = operation();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{best}"));
    }
}
