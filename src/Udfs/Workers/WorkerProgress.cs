using System.Buffers.Binary;
using MetaSpore.Spark.Model.Metrics;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>What a worker has done in the current epoch: written by the worker after each step, read by anyone. Thread-safe.</summary>
/// <param name="metric">The metric of the epoch, empty.</param>
public sealed class WorkerProgress(ModelMetric metric)
{
    /// <summary>Bytes of a saved state that hold rows, steps and loss, before the metric's.</summary>
    public const int CountsLength = 24;

    readonly Lock _lock = new();
    long _rows;
    long _steps;
    double _lossSum;

    /// <summary>Rows of the epoch so far.</summary>
    public long Rows
    {
        get { lock (_lock) return _rows; }
    }

    /// <summary>Steps of the epoch so far.</summary>
    public long Steps
    {
        get { lock (_lock) return _steps; }
    }

    /// <summary>Sum of the loss over <see cref="Rows"/>.</summary>
    public double LossSum
    {
        get { lock (_lock) return _lossSum; }
    }

    /// <summary>Adds one step.</summary>
    /// <param name="predictions">Shape (B).</param>
    /// <param name="labels">Shape (B).</param>
    /// <param name="loss">Mean loss of the batch.</param>
    public void Add(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels, double loss)
    {
        lock (_lock)
        {
            metric.Accumulate(predictions, labels, loss);
            _rows += predictions.Length;
            _steps++;
            _lossSum += loss * predictions.Length;
        }
    }

    /// <summary>Merges the epoch's metric into <paramref name="into"/>.</summary>
    public void MergeInto(ModelMetric into)
    {
        lock (_lock) into.Merge(metric);
    }

    /// <summary>Empties everything for the next epoch.</summary>
    public void BeginEpoch()
    {
        lock (_lock)
        {
            metric.Clear();
            _rows = 0;
            _steps = 0;
            _lossSum = 0;
        }
    }

    /// <summary>The state as bytes: rows, steps (int64), loss sum (double), metric; little-endian.</summary>
    public byte[] Save()
    {
        lock (_lock)
        {
            byte[] state = metric.GetState();
            byte[] result = new byte[CountsLength + state.Length];
            BinaryPrimitives.WriteInt64LittleEndian(result, _rows);
            BinaryPrimitives.WriteInt64LittleEndian(result.AsSpan(8), _steps);
            BinaryPrimitives.WriteDoubleLittleEndian(result.AsSpan(16), _lossSum);
            state.CopyTo(result, CountsLength);
            return result;
        }
    }

    /// <summary>
    /// Takes over a state that <see cref="Save"/> wrote; its first <see cref="CountsLength"/> bytes alone leave the metric.
    /// </summary>
    public void Load(ReadOnlySpan<byte> state)
    {
        lock (_lock)
        {
            _rows = BinaryPrimitives.ReadInt64LittleEndian(state);
            _steps = BinaryPrimitives.ReadInt64LittleEndian(state[8..]);
            _lossSum = BinaryPrimitives.ReadDoubleLittleEndian(state[16..]);
            if (state.Length > CountsLength) metric.SetState(state[CountsLength..]);
        }
    }
}
