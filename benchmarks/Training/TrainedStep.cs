using Apache.Arrow;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>A worker with a store of its own.</summary>
sealed class TrainedStep : IStepSchedule, IDisposable
{
    readonly WorkerSession _worker;
    readonly ParameterClient _store;
    int _epoch;

    /// <summary>Makes the worker and gives the store its dense tensors.</summary>
    /// <param name="ticket">The job.</param>
    /// <param name="connect">Makes the store.</param>
    public TrainedStep(JobTicket ticket, Func<StoreLayout, ParameterClient> connect)
    {
        _worker = new WorkerSession(ticket, 0);
        StoreLayout layout = new() { RunId = Guid.NewGuid(), Tables = _worker.Model.Tables, DenseTensors = _worker.Model.DenseTensors };
        _store = connect(layout);
        _worker.Connect(_store);
        for (int i = 0; i < layout.DenseTensors.Count; i++)
        {
            byte[] values = _worker.Model.DenseValues(i).AsSpan<byte>().ToArray();
            _store.WriteDenseAsync(new DenseSlice(i, values, null), default).GetAwaiter().GetResult();
        }
    }

    /// <summary>A worker whose store is one shard of its process.</summary>
    public static TrainedStep InProcess(JobTicket ticket) => new(ticket, layout => ParameterClient.CreateLocal(layout, 1));

    /// <summary>Rows of the largest table.</summary>
    public long Rows => _store.GetStatisticsAsync(default).GetAwaiter().GetResult()[0].Tables.Max(table => table.Rows);

    /// <summary>Trains on the batches, one after the other.</summary>
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
