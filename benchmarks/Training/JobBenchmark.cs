using System.Diagnostics;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Synthetic;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>
/// A whole job: logistic regression with FTRL on a text file of synthetic rows, from checking the options to the saved model,
/// against the reader that splits the fields of the same file and does nothing else (one thread).
/// </summary>
static class JobBenchmark
{
    const int Rows = 1_000_000, Rounds = 7, BatchSize = 1024;

    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("metaspore-lr-").FullName;
        try
        {
            string path = Path.Combine(folder, "rows.tsv");
            SyntheticRows.Write(path, Rows);
            Measure(path, Path.Combine(folder, "model"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Measure(string path, string model)
    {
        double[] split = new double[Rounds], whole = new double[Rounds], steps = new double[Rounds];
        double? auc = null;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            ReadingBenchmark.Split(path);
            split[round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            TrainingSummary summary = Train(path, model);
            whole[round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            steps[round] = summary.Seconds;
            auc = summary.Train?.Auc;
        }

        Console.WriteLine($"logistic regression, FTRL, {Rows:N0} rows, batches of {BatchSize:N0}; best and median of {Rounds} rounds in turns; AUC {auc:F4}");
        System.Array.Sort(split);
        Report("splitting the fields alone", split, split);
        Report("whole train, model saved", whole, split);
        Report("of it from the first to the last step", steps, split);
    }

    static TrainingSummary Train(string path, string model) => new TorchEstimator(
        ModuleSpec.Of<LogisticRegression>(new LogisticRegressionOptions
        {
            Columns = new CombineSchema([.. SyntheticRows.Names.Skip(1).Select(name => new CombineFeature([name]))]),
        }),
        new TrainingOptions
        {
            BatchSize = BatchSize,
            SparseUpdater = new FtrlTensorUpdater(L1: 0.001, L2: 0.01, Alpha: 0.05),
            DenseUpdater = new FtrlTensorUpdater(L1: 0, L2: 0, Alpha: 0.05),
        })
    {
        ModelOutPath = model,
        Overwrite = true,
    }.TrainAsync(new LocalDataset(SyntheticRows.Spec(path)), default).GetAwaiter().GetResult();

    static void Report(string name, double[] seconds, double[] baseline)
    {
        System.Array.Sort(seconds);
        double best = seconds[0], median = seconds[Rounds / 2];
        Console.WriteLine(
            $"  {name,-40}{best / Rows * 1e9,7:F0} ns a row, {baseline[0] / best,5:P0}; median {median / Rows * 1e9,7:F0} ns a row, {baseline[Rounds / 2] / median,5:P0}");
    }
}
