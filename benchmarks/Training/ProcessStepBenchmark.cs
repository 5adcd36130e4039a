using Apache.Arrow;
using MetaSpore.Spark.Benchmarks.Harness;
using MetaSpore.Spark.Benchmarks.Wire;
using MetaSpore.Spark.Model.Native;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Wire;
using MetaSpore.Spark.Udfs.Workers;
using TorchSharp;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>
/// Whole DeepFM steps of a worker whose only shard is another process, reached through gRPC, next to the dense network alone in
/// TorchSharp and to the same steps with the store in the worker's process. libtorch uses every core in all of them; the
/// shard's process shares the cores with the worker.
/// </summary>
static class ProcessStepBenchmark
{
    const int Steps = 24, Rounds = 10;

    static readonly (string Name, WireEncoding Encoding)[] s_encodings =
    [
        ("float32", WireEncoding.DeltaKeys),
        ("bfloat16", WireEncoding.BFloat16 | WireEncoding.DeltaKeys),
    ];

    public static void Run()
    {
        int threads = Environment.ProcessorCount;
        LibTorch.Initialize(threads);
        Console.WriteLine($"{DeepFmJob.Title}; {threads} torch threads; best and median of {Rounds} rounds of {Steps} steps in turns");
        RecordBatch[] batches = DeepFmJob.Batches(Steps);
        using DenseNetwork dense = DeepFmJob.Dense();
        List<TrainedStep> workers = [];
        StepComparison comparison = new(Steps, Rounds);
        comparison.Add("dense network alone in TorchSharp", () => { for (int i = 0; i < Steps; i++) dense.Step(); });
        for (int depth = 0; depth <= 1; depth++)
        {
            JobTicket ticket = DeepFmJob.Ticket(threads, depth);
            string inProcess = $"store in process, depth {depth}";
            Add(inProcess, TrainedStep.InProcess(ticket), null);
            foreach ((string name, WireEncoding encoding) in s_encodings)
                Add($"shard process, {name}, depth {depth}", new TrainedStep(ticket, layout => Connect(layout, encoding)), inProcess);
        }

        comparison.Run();
        foreach (TrainedStep worker in workers) worker.Dispose();

        void Add(string name, TrainedStep worker, string? over)
        {
            workers.Add(worker);
            comparison.Add(name, () => worker.Epoch(batches), over);
        }
    }

    static ParameterClient Connect(StoreLayout layout, WireEncoding encoding)
    {
        GrpcShardChannel channel = new(
            new Uri($"http://127.0.0.1:{EchoPeers.Start("shard")}"),
            new ShardConnectionOptions { JobId = EchoPeers.JobId, Secret = EchoPeers.Secret, Encoding = encoding });
        ParameterClient client = new(layout, [channel]);
        client.ConfigureAsync(CancellationToken.None).GetAwaiter().GetResult();
        return client;
    }
}
