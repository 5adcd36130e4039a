using System.Diagnostics;
using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Native;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.Udfs.Workers;
using TorchSharp;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>
/// Whole DeepFM steps of a worker with the store in its process (extract, pull, forward, backward, push, Adam for rows and
/// weights, metric) against the dense network alone in TorchSharp with as many threads.
/// </summary>
static class StepBenchmark
{
    const int BatchSize = 1024, Steps = 48, Rounds = 12, EmbeddingSize = 16;
    static readonly int[] s_hiddenUnits = [400, 400, 400];

    public static void Run()
    {
        LibTorch.Initialize(1);
        Console.WriteLine($"DeepFM {CriteoRows.ColumnCount} × {EmbeddingSize}, {string.Join('-', s_hiddenUnits)}, batches of {BatchSize:N0}; best and median of {Rounds} rounds of {Steps} steps in turns; {LibTorch.MklDescription}");
        RecordBatch[] batches = [.. Enumerable.Range(0, Steps).Select(i => CriteoRows.Lasting(CriteoRows.Batch((ulong)i, BatchSize, label: true)))];
        for (int threads = 1; threads <= Environment.ProcessorCount; threads *= 2) Measure(batches, threads);
    }

    static void Measure(RecordBatch[] batches, int threads)
    {
        torch.set_num_threads(threads);
        using DenseNetwork dense = new(BatchSize, CriteoRows.ColumnCount, EmbeddingSize, s_hiddenUnits);
        using TrainedStep inTurn = new(Ticket(threads, 0)), pipelined = new(Ticket(threads, 1));
        Action[] ways =
        [
            () => { for (int i = 0; i < Steps; i++) dense.Step(); },
            () => inTurn.Epoch(batches),
            () => pipelined.Epoch(batches),
        ];
        string[] names = ["dense network alone in TorchSharp", "whole step, pipelineDepth 0", "whole step, pipelineDepth 1"];
        double[][] times = [.. ways.Select(_ => new double[Rounds])];
        foreach (Action way in ways) way();
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                ways[i]();
                times[i][round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds / Steps;
            }
        }

        Console.WriteLine($"torch threads: {threads}; {inTurn.Rows:N0} rows in the table");
        for (int i = 0; i < ways.Length; i++)
        {
            System.Array.Sort(times[i]);
            double best = times[i][0], median = times[i][Rounds / 2];
            Console.WriteLine($"  {names[i],-36}{best,8:F2} ms, {times[0][0] / best,5:P0}; median {median,8:F2} ms, {times[0][Rounds / 2] / median,5:P0}");
        }
    }

    static JobTicket Ticket(int threads, int depth) => new()
    {
        Module = ModuleSpec.Of<DeepFm>(new DeepFmOptions
        {
            Columns = new CombineSchema([.. CriteoRows.Names.Select(name => new CombineFeature([name]))]),
            EmbeddingSize = EmbeddingSize,
            HiddenUnits = s_hiddenUnits,
        }),
        Defaults = new SparseModelDefaults
        {
            SparseUpdater = new AdamTensorUpdater(),
            SparseInitializer = new NormalTensorInitializer(0, 0.01),
            DenseUpdater = new AdamTensorUpdater(),
        },
        LabelColumn = "label",
        PipelineDepth = depth,
        TorchThreads = threads,
    };

    /// <summary>A worker with a store of its own.</summary>
    sealed class TrainedStep : IStepSchedule, IDisposable
    {
        readonly WorkerSession _worker;
        readonly ParameterClient _store;
        int _epoch;

        public TrainedStep(JobTicket ticket)
        {
            _worker = new WorkerSession(ticket, 0);
            StoreLayout layout = new() { RunId = Guid.NewGuid(), Tables = _worker.Model.Tables, DenseTensors = _worker.Model.DenseTensors };
            _store = ParameterClient.CreateLocal(layout, 1);
            _worker.Connect(_store);
            for (int i = 0; i < layout.DenseTensors.Count; i++)
            {
                byte[] values = _worker.Model.DenseValues(i).AsSpan<byte>().ToArray();
                _store.WriteDenseAsync(new DenseSlice(i, values, null), default).GetAwaiter().GetResult();
            }
        }

        public long Rows => _store.GetStatisticsAsync(default).GetAwaiter().GetResult()[0].Tables.Max(table => table.Rows);

        public void Epoch(RecordBatch[] batches)
        {
            _store.BeginEpochAsync(_epoch, [0], default).GetAwaiter().GetResult();
            _worker.Progress.BeginEpoch();
            _worker.TrainEpoch(batches, _epoch++, 0, this, default);
        }

        public long SnapshotBefore(int partition, int epoch, long nextStep) => 0;

        public void Report(long snapshotId, int partition, long nextStep, byte[] state)
        {
        }

        public bool StopsAfter(long snapshotId) => false;

        public void Dispose()
        {
            _worker.Dispose();
            _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
