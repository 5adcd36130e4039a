using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// A shard's rows of one dense tensor: n weights, then k blocks of n states, in native memory. One lock, so that a pull
/// never sees half of an update. May be empty.
/// </summary>
sealed class DensePart : IDisposable
{
    readonly Lock _gate = new();
    readonly NativeBuffer _memory = new();
    readonly NativeBlock _weights;
    readonly NativeBlock _states;
    readonly DenseTensorSpec _spec;
    readonly int _elementBytes;
    readonly int _rowSize;

    /// <summary>Creates the rows of a shard, all zero.</summary>
    public DensePart(DenseTensorSpec spec, int shard, int shardCount)
    {
        _spec = spec;
        _elementBytes = spec.ElementType.ByteSize();
        _rowSize = checked((int)spec.Shape[^1]);
        long rows = DensePartition.Of(spec, shard, shardCount).Count;
        long elements = spec.ElementCount == 0 ? 0 : checked(rows * (spec.ElementCount / spec.Shape[0]));
        ElementCount = checked((int)elements);
        int states = checked(ElementCount * spec.Updater.StatesPerParameter);
        NativeBlock all = _memory.Reserve<byte>(((long)ElementCount + states) * _elementBytes);
        _weights = all.Slice(0, (long)ElementCount * _elementBytes);
        _states = all.Slice(_weights.ByteLength, (long)states * _elementBytes);
        _weights.AsSpan<byte>().Clear();
        _states.AsSpan<byte>().Clear();
    }

    /// <summary>Elements that this shard holds (n).</summary>
    public int ElementCount { get; }

    /// <summary>Bytes of the weights.</summary>
    public long WeightBytes => _weights.ByteLength;

    /// <summary>Updates the weights by a gradient (n) (or a value, for an EMA tensor).</summary>
    public void Push(NativeBlock gradient, in UpdateStep step)
    {
        if (ElementCount == 0) return;
        lock (_gate)
        {
            if (_elementBytes == sizeof(float))
                _spec.Updater.Update(_weights.AsSpan<float>(), gradient.AsSpan<float>(), _states.AsSpan<float>(), step);
            else
                _spec.Updater.Update(_weights.AsSpan<double>(), gradient.AsSpan<double>(), _states.AsSpan<double>(), step);
        }
    }

    /// <summary>Copies the weights (n).</summary>
    public void Pull(NativeBlock values)
    {
        lock (_gate) _weights.AsSpan<byte>().CopyTo(values.AsSpan<byte>());
    }

    /// <summary>Overwrites weights and, when given, states.</summary>
    /// <param name="values">The elements' bytes.</param>
    /// <param name="states">The states in the checkpoint's order; null to keep them.</param>
    public void Write(ReadOnlySpan<byte> values, byte[]? states)
    {
        lock (_gate)
        {
            values.CopyTo(_weights.AsSpan<byte>());
            if (states is null || _states.IsEmpty) return;
            if (_elementBytes == sizeof(float)) Arrange<float>(states, toFile: false);
            else Arrange<double>(states, toFile: false);
        }
    }

    /// <summary>Reads weights and states in the checkpoint's order.</summary>
    public (byte[] Values, byte[]? States) Read()
    {
        lock (_gate)
        {
            byte[] values = _weights.AsSpan<byte>().ToArray();
            if (_spec.Updater.StatesPerParameter == 0) return (values, null);
            byte[] states = new byte[_states.ByteLength];
            if (_elementBytes == sizeof(float)) Arrange<float>(states, toFile: true);
            else Arrange<double>(states, toFile: true);
            return (values, states);
        }
    }

    /// <summary>Bytes of the states.</summary>
    public long StateBytes => _states.ByteLength;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    // Memory holds k blocks of n; the file holds, for each run of d elements (the last axis), k blocks of d.
    void Arrange<T>(byte[] file, bool toFile) where T : unmanaged
    {
        Span<T> ours = _states.AsSpan<T>();
        Span<T> theirs = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(file.AsSpan());
        int k = _spec.Updater.StatesPerParameter, d = _rowSize, runs = d == 0 ? 0 : ElementCount / d;
        for (int run = 0; run < runs; run++)
        {
            for (int j = 0; j < k; j++)
            {
                Span<T> mine = ours.Slice((j * ElementCount) + (run * d), d);
                Span<T> its = theirs.Slice(((run * k) + j) * d, d);
                if (toFile) mine.CopyTo(its);
                else its.CopyTo(mine);
            }
        }
    }
}
