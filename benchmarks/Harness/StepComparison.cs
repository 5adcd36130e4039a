using System.Diagnostics;

namespace MetaSpore.Spark.Benchmarks.Harness;

/// <summary>
/// Times several ways to run the same number of steps in rounds, in turns, by the wall clock: steps use many threads and
/// processes. Prints the best and the median of the rounds, the speeds relative to the first way (the baseline), and how long
/// processors worked for a step.
/// </summary>
sealed class StepComparison(int steps, int rounds)
{
    readonly List<(string Name, Action Run, string? Over, double[] Milliseconds, double[] Cpu)> _cases = [];

    /// <summary>Adds a way; the first one is the baseline.</summary>
    /// <param name="name">Name of the way.</param>
    /// <param name="run">Runs the steps.</param>
    /// <param name="over">An earlier way: what this one costs more than it is printed too.</param>
    public StepComparison Add(string name, Action run, string? over = null)
    {
        _cases.Add((name, run, over, new double[rounds], new double[rounds]));
        return this;
    }

    /// <summary>Runs every way once for warmth, then the rounds, and prints the table.</summary>
    public void Run()
    {
        foreach ((_, Action run, _, _, _) in _cases) run();
        for (int round = 0; round < rounds; round++)
        {
            foreach ((_, Action run, _, double[] times, double[] cpu) in _cases)
            {
                double before = ProcessClock.Milliseconds;
                long start = Stopwatch.GetTimestamp();
                run();
                times[round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;
                cpu[round] = (ProcessClock.Milliseconds - before) / steps;
            }
        }

        foreach ((_, _, _, double[] times, _) in _cases) Array.Sort(times);
        foreach ((_, _, _, _, double[] cpu) in _cases) Array.Sort(cpu);
        double[] baseline = _cases[0].Milliseconds;
        foreach ((string name, _, string? over, double[] times, double[] cpu) in _cases)
        {
            string cost = over is null ? "" : $"; cost over {over}: {Cost(times, over, 0):+0 %;-0 %}, median {Cost(times, over, rounds / 2):+0 %;-0 %}";
            Console.WriteLine($"  {name,-40}{times[0],8:F2} ms, {baseline[0] / times[0],5:P0}; median {times[rounds / 2],8:F2} ms, {baseline[rounds / 2] / times[rounds / 2],5:P0}{cost}; processors {cpu[0],6:F2} ms, median {cpu[rounds / 2]:F2}");
        }
    }

    double Cost(double[] times, string over, int rank) => (times[rank] / _cases.Single(way => way.Name == over).Milliseconds[rank]) - 1;
}
