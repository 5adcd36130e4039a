using System.Diagnostics;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Tasks;

namespace MetaSpore.Spark.Benchmarks.OnSpark;

/// <summary>
/// Rows from the JVM to the worker program and back, as they are: 1 M rows of 40 columns, against Spark's own <c>noop</c> write of
/// the same rows after the same repartition.
/// </summary>
static class TransportBenchmark
{
    const int Rows = 1_000_000, Columns = 40, Tasks = 2, Rounds = 5;

    public static async Task RunAsync()
    {
        await using SparkSession spark = await BenchmarkSpark.StartAsync();
        await ExecutorProgram.InstallAsync(spark, new SparkOptions(), CancellationToken.None);
        DataFrame rows = await spark.Range(0, Rows, 1, Tasks).Select([.. Enumerable.Range(0, Columns).Select(Cell)]).CacheAsync();
        DataFrame dealt = rows.Repartition(Tasks);
        DataFrame returned = await dealt.MapInArrowAsync(new ArrowFunction("identity", new IdentityCommand().ToBytes()), await rows.SchemaAsync());
        double[] own = new double[Rounds], through = new double[Rounds];
        for (int round = -1; round < Rounds; round++)
        {
            double first = await TimeAsync(dealt), second = await TimeAsync(returned);
            if (round < 0) continue;
            (own[round], through[round]) = (first, second);
            Console.WriteLine($"round {round + 1}: noop {first:F2} s, through the worker {second:F2} s: {second / first:F2} x");
        }

        Array.Sort(own);
        Array.Sort(through);
        Console.WriteLine($"Spark {spark.Version}, {Rows:N0} rows x {Columns} columns, {Tasks} tasks: median {through[Rounds / 2] / own[Rounds / 2]:F2} x the time of Spark's own noop write (target: 3), best {through[0] / own[0]:F2} x");
    }

    // Half numbers, half text, as in a click log.
    static Column Cell(int column) => (column % 4) switch
    {
        0 => Functions.Expr($"id * {column + 1}").Alias($"c{column}"),
        1 => Functions.Expr($"cast(id as double) / {column + 1}").Alias($"c{column}"),
        _ => Functions.Expr($"lower(hex(xxhash64(id, {column}) % 100000))").Alias($"c{column}"),
    };

    static async Task<double> TimeAsync(DataFrame rows)
    {
        long start = Stopwatch.GetTimestamp();
        await rows.Write.NoopAsync();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
