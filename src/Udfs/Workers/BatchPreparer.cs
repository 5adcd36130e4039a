using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// Reads and extracts minibatches on a thread of its own, a few ahead of the step that computes, and recycles them. One
/// consumer: take, use, return.
/// </summary>
public sealed class BatchPreparer : IDisposable
{
    readonly BlockingCollection<PreparedBatch> _ready;
    readonly ConcurrentBag<PreparedBatch> _free = [];
    readonly CancellationTokenSource _stop;
    readonly MinibatchExtractor _extractor;
    readonly Thread _thread;
    ExceptionDispatchInfo? _error;

    /// <summary>Starts reading.</summary>
    /// <param name="source">The partition's batches, in order; disposed with the preparer.</param>
    /// <param name="extractor">Extraction, used by the preparer's thread alone.</param>
    /// <param name="firstStep">Step number of the first batch.</param>
    /// <param name="ahead">Batches kept ready, at least 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public BatchPreparer(
        IEnumerable<RecordBatch> source,
        MinibatchExtractor extractor,
        long firstStep,
        int ahead,
        CancellationToken cancellationToken)
    {
        _extractor = extractor;
        _ready = new BlockingCollection<PreparedBatch>(ahead);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _thread = new Thread(() => Run(source, firstStep)) { IsBackground = true, Name = "metaspore-extract" };
        _thread.Start();
    }

    /// <summary>The next batch, or null after the last one. Rethrows what reading or extraction threw.</summary>
    public PreparedBatch? Take()
    {
        if (_ready.TryTake(out PreparedBatch? batch, Timeout.Infinite)) return batch;
        _error?.Throw();
        return null;
    }

    /// <summary>Gives a batch back for reuse.</summary>
    public void Return(PreparedBatch batch)
    {
        batch.Release();
        _free.Add(batch);
    }

    /// <summary>Stops the thread and frees all batches that were given back.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        while (_ready.TryTake(out PreparedBatch? batch)) batch.Dispose();
        foreach (PreparedBatch batch in _free) batch.Dispose();
        _ready.Dispose();
        _stop.Dispose();
    }

    void Run(IEnumerable<RecordBatch> source, long step)
    {
        try
        {
            foreach (RecordBatch columns in source)
            {
                if (!_free.TryTake(out PreparedBatch? batch)) batch = _extractor.NewBatch();
                _extractor.Extract(columns, batch);
                batch.Step = step++;
                _ready.Add(batch, _stop.Token);
            }
        }
        catch (OperationCanceledException canceled) when (_stop.IsCancellationRequested)
        {
            _error = ExceptionDispatchInfo.Capture(canceled);
        }
#pragma warning disable CA1031 // Whatever ends this thread is rethrown where the batches are taken.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _error = ExceptionDispatchInfo.Capture(error);
        }
        finally
        {
            _ready.CompleteAdding();
        }
    }
}
