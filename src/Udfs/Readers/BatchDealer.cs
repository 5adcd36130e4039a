using System.Threading.Channels;
using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// One reading thread that deals the batches of a pass to partitions through bounded queues. Each partition has one
/// consumer, on any thread. An error of the reader reaches every consumer, after the batches that were read before it. A
/// consumer that stops early (ends its enumeration) no longer holds back the others.
/// </summary>
/// <remarks>
/// The queues fill evenly, so consumers that wait for each other at every step can't block each other. Disposing stops the
/// thread, waits for it and frees what nobody took; a consumer that still waits then gets an <see cref="OperationCanceledException"/>.
/// </remarks>
public sealed class BatchDealer : IDisposable
{
    readonly DatasetReader _reader;
    readonly ReadPlan _plan;
    readonly long[] _firstBatches;
    readonly Channel<RecordBatch>[] _queues;
    readonly CancellationTokenSource[] _closed;
    readonly int[] _taken;
    readonly CancellationTokenSource _stop = new();
    readonly Thread _thread;

    internal BatchDealer(DatasetReader reader, ReadPlan plan, IReadOnlyList<long> firstBatches, int queueLength)
    {
        _reader = reader;
        _plan = plan;
        _firstBatches = [.. firstBatches];
        _taken = new int[plan.PartitionCount];
        _queues = new Channel<RecordBatch>[plan.PartitionCount];
        _closed = new CancellationTokenSource[plan.PartitionCount];
        for (int i = 0; i < _queues.Length; i++)
        {
            _queues[i] = Channel.CreateBounded<RecordBatch>(new BoundedChannelOptions(queueLength) { SingleWriter = true });
            _closed[i] = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "reader" };
        _thread.Start();
    }

    /// <summary>The batches of a partition, each owned by the caller. Once a partition only.</summary>
    /// <param name="partition">Partition, from 0.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="InvalidOperationException">The partition was taken before.</exception>
    public IEnumerable<RecordBatch> Partition(int partition, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _taken[partition], 1) != 0)
            throw new InvalidOperationException($"partition {partition} of the pass has a consumer already");
        return Take(partition, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stop.IsCancellationRequested) return;
        _stop.Cancel();
        _thread.Join();
        foreach (Channel<RecordBatch> queue in _queues) Drain(queue);
        foreach (CancellationTokenSource closed in _closed) closed.Dispose();
    }

    IEnumerable<RecordBatch> Take(int partition, CancellationToken cancellationToken)
    {
        ChannelReader<RecordBatch> queue = _queues[partition].Reader;
        CancellationTokenSource closed = _closed[partition];
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            while (Wait(queue, either.Token))
            {
                while (queue.TryRead(out RecordBatch? batch)) yield return batch;
            }
        }
        finally
        {
            if (!_stop.IsCancellationRequested) closed.Cancel();
            Drain(_queues[partition]);
        }
    }

    static bool Wait(ChannelReader<RecordBatch> queue, CancellationToken cancellationToken)
    {
        ValueTask<bool> waiting = queue.WaitToReadAsync(cancellationToken);
        return waiting.IsCompletedSuccessfully ? waiting.Result : waiting.AsTask().GetAwaiter().GetResult();
    }

    void Run()
    {
        Exception? error = null;
        try
        {
            foreach ((long number, RecordBatch batch) in _reader.ReadPass(_plan, IsWanted, _stop.Token))
                Put((int)(number % _plan.PartitionCount), batch);
        }
        catch (Exception e)
        {
            error = e;
        }

        foreach (Channel<RecordBatch> queue in _queues) queue.Writer.Complete(error);
    }

    bool IsWanted(long number)
    {
        int partition = (int)(number % _plan.PartitionCount);
        return number / _plan.PartitionCount >= _firstBatches[partition] && !_closed[partition].IsCancellationRequested;
    }

    void Put(int partition, RecordBatch batch)
    {
        CancellationToken closed = _closed[partition].Token;
        try
        {
            ValueTask writing = _queues[partition].Writer.WriteAsync(batch, closed);
            if (!writing.IsCompletedSuccessfully) writing.AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            batch.Dispose();
            _stop.Token.ThrowIfCancellationRequested();
        }
    }

    static void Drain(Channel<RecordBatch> queue)
    {
        while (queue.Reader.TryRead(out RecordBatch? batch)) batch.Dispose();
    }
}
