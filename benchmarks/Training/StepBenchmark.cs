using Apache.Arrow;
using MetaSpore.Spark.Benchmarks.Harness;
using MetaSpore.Spark.Model.Native;
using TorchSharp;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>
/// Whole DeepFM steps of a worker with the store in its process (extract, pull, forward, backward, push, Adam for rows and
/// weights, metric) against the dense network alone in TorchSharp with as many threads.
/// </summary>
static class StepBenchmark
{
    const int Steps = 48, Rounds = 12;

    public static void Run()
    {
        LibTorch.Initialize(1);
        Console.WriteLine($"{DeepFmJob.Title}; best and median of {Rounds} rounds of {Steps} steps in turns");
        RecordBatch[] batches = DeepFmJob.Batches(Steps);
        for (int threads = 1; threads <= Environment.ProcessorCount; threads *= 2) Measure(batches, threads);
    }

    static void Measure(RecordBatch[] batches, int threads)
    {
        torch.set_num_threads(threads);
        using DenseNetwork dense = DeepFmJob.Dense();
        using TrainedStep inTurn = TrainedStep.InProcess(DeepFmJob.Ticket(threads, 0)), pipelined = TrainedStep.InProcess(DeepFmJob.Ticket(threads, 1));
        StepComparison comparison = new(Steps, Rounds);
        comparison.Add("dense network alone in TorchSharp", () => { for (int i = 0; i < Steps; i++) dense.Step(); })
            .Add("whole step, pipelineDepth 0", () => inTurn.Epoch(batches))
            .Add("whole step, pipelineDepth 1", () => pipelined.Epoch(batches));
        Console.WriteLine($"torch threads: {threads}");
        comparison.Run();
        Console.WriteLine($"  {inTurn.Rows:N0} rows in the table");
    }
}
