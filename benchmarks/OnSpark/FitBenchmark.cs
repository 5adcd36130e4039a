using System.Diagnostics;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Synthetic;

namespace MetaSpore.Spark.Benchmarks.OnSpark;

/// <summary>A whole fit of DeepFm on 1 M synthetic rows with 2 workers and 2 shards, on Spark and with processes of this machine.</summary>
static class FitBenchmark
{
    const int Rows = 1_000_000, Rounds = 3;

    public static async Task RunAsync()
    {
        string folder = Directory.CreateTempSubdirectory("metaspore-fit-").FullName;
        try
        {
            string path = Path.Combine(folder, "rows.parquet");
            SyntheticRows.Write(path, Rows);
            await using SparkSession spark = await BenchmarkSpark.StartAsync();
            // Executors load classes and compile in their first job: that is Spark's own start.
            await spark.Read.Parquet(path).Repartition(4).Write.NoopAsync();
            for (int round = 0; round < Rounds; round++)
            {
                (double processStart, TrainingSummary processes) = await TimeAsync(
                    Job(folder, "processes") with { Cluster = new ClusterOptions() }, LocalDataset.Parquet(path) with { Label = new LabelRule("label") });
                (double sparkStart, TrainingSummary onSpark) = await TimeAsync(Job(folder, "spark"), new SparkDataset(spark.Read.Parquet(path)));
                Console.WriteLine(
                    $"round {round + 1}: processes {processes.RowsPerSecond:N0} rows/s (start {processStart:F1} s), Spark {spark.Version} {onSpark.RowsPerSecond:N0} rows/s (start {sparkStart:F1} s): "
                    + $"{onSpark.RowsPerSecond / processes.RowsPerSecond:P0} (target: 70 %; start: 20 s)");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static TorchEstimator Job(string folder, string name)
    {
        FeatureSpec features = FeatureColumns.Categorical([.. Enumerable.Range(1, 24).Select(i => $"C{i}")]).Numeric(NumericEncoding.Log2, [.. Enumerable.Range(1, 13).Select(i => $"I{i}")]).Spec;
        return new TorchEstimator(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = features.Schema, EmbeddingSize = 16, HiddenUnits = [64, 32] }))
        {
            Features = features,
            WorkerCount = 2,
            ServerCount = 2,
            BatchSize = 1024,
            PipelineDepth = 1,
            TorchThreads = 1,
            ShuffleTrainingDataset = true,
            ModelOutPath = Path.Combine(folder, name),
            Overwrite = true,
        };
    }

    static async Task<(double Start, TrainingSummary Summary)> TimeAsync(TorchEstimator job, Dataset rows)
    {
        long start = Stopwatch.GetTimestamp();
        TrainingSummary summary = (await job.FitAsync(rows)).Summary!;
        return (Stopwatch.GetElapsedTime(start).TotalSeconds - summary.Seconds, summary);
    }
}
