using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Benchmarks.Harness;

/// <summary>
/// Times several ways to do the same number of operations in many short rounds, in turns, so that a disturbance of the
/// machine hits all of them and leaves some rounds alone; then prints the best, the lower quartile and the median of the times, and
/// the speeds relative to the first way (the baseline).
/// </summary>
sealed class Comparison(string title, string unit, long operations)
{
    const int WarmUp = 10;

    readonly List<(string Name, Action<int> Run, List<double> Seconds)> _cases = [];

    /// <summary>Adds a way, called with the number of the round; the first one is the baseline.</summary>
    public Comparison Add(string name, Action<int> run)
    {
        _cases.Add((name, run, []));
        return this;
    }

    /// <summary>Runs every way a few times for warmth, then <paramref name="rounds"/> times in turns, and prints the table.</summary>
    public void Run(int rounds)
    {
        for (int round = 0; round < WarmUp; round++)
        {
            foreach ((_, Action<int> run, _) in _cases) run(round);
        }

        for (int round = 0; round < rounds; round++)
        {
            foreach ((_, Action<int> run, List<double> seconds) in _cases)
            {
                double start = ThreadClock.Now;
                run(round);
                seconds.Add(ThreadClock.Now - start);
            }
        }

        Console.WriteLine();
        Console.WriteLine($"{title}; {rounds} rounds in turns, {operations:N0} {unit}s each, thread time, {RuntimeInformation.FrameworkDescription}");
        Console.WriteLine($"{"",-58}{"best",12}{"quartile",12}{"median",12}{"best",9}{"quartile",9}{"median",9}");
        Console.WriteLine($"{"",-58}{"ns/" + unit,12}{"ns/" + unit,12}{"ns/" + unit,12}{"ratio",9}{"ratio",9}{"ratio",9}");
        double[] baseline = Times(_cases[0].Seconds);
        foreach ((string name, _, List<double> seconds) in _cases)
        {
            double[] times = Times(seconds);
            Console.WriteLine($"{name,-58}{times[0],12:F2}{times[1],12:F2}{times[2],12:F2}{baseline[0] / times[0],9:P0}{baseline[1] / times[1],9:P0}{baseline[2] / times[2],9:P0}");
        }
    }

    double[] Times(List<double> seconds)
    {
        double[] sorted = [.. seconds.Order()];
        return [sorted[0] * 1e9 / operations, sorted[sorted.Length / 4] * 1e9 / operations, sorted[sorted.Length / 2] * 1e9 / operations];
    }
}
