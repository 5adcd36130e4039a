using Apache.Arrow;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// One minibatch, extracted and ready for a step: keys by schema, dense columns, labels, and the buffers that its rows and
/// gradients travel in. Belongs to a <see cref="BatchPreparer"/>'s pool; not thread-safe.
/// </summary>
public sealed class PreparedBatch : IDisposable
{
    readonly NativeBuffer _labels = new();
    readonly NativeBuffer[] _dense;
    readonly NativeBuffer[] _rows;
    readonly NativeBuffer[] _gradients;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="schemaCount">Distinct schemas.</param>
    /// <param name="castCount">Groups of dense columns.</param>
    /// <param name="operatorCount">Embedding operators.</param>
    public PreparedBatch(int schemaCount, int castCount, int operatorCount)
    {
        Sparse = [.. Enumerable.Range(0, schemaCount).Select(_ => new SparseBatch())];
        _dense = [.. Enumerable.Range(0, castCount).Select(_ => new NativeBuffer())];
        _rows = [.. Enumerable.Range(0, operatorCount).Select(_ => new NativeBuffer())];
        _gradients = [.. Enumerable.Range(0, operatorCount).Select(_ => new NativeBuffer())];
        Dense = new NativeBlock[castCount];
        Rows = new NativeBlock[operatorCount];
        Gradients = new NativeBlock[operatorCount];
        HasGradients = new bool[operatorCount];
    }

    /// <summary>Rows (B).</summary>
    public int BatchSize { get; private set; }

    /// <summary>Step within the partition, from 0.</summary>
    public long Step { get; set; }

    /// <summary>The Arrow rows, for modules and writers that want them.</summary>
    public RecordBatch? Columns { get; private set; }

    /// <summary>Keys by schema.</summary>
    public IReadOnlyList<SparseBatch> Sparse { get; }

    /// <summary>By group of dense columns: shape (B, n), float32, row-major.</summary>
    public NativeBlock[] Dense { get; }

    /// <summary>Shape (B), float32; empty when the rows have no label.</summary>
    public NativeBlock Labels { get; private set; }

    /// <summary>By operator: the pulled rows, shape (U, D).</summary>
    public NativeBlock[] Rows { get; }

    /// <summary>By operator: the gradients of its unique keys, shape (U, D).</summary>
    public NativeBlock[] Gradients { get; }

    /// <summary>By operator: whether there is a gradient to push.</summary>
    public bool[] HasGradients { get; }

    /// <summary>Gradients of the dense tensors; belongs to the batch. Null before a backward pass.</summary>
    public DenseGradients? DenseGradients { get; set; }

    /// <summary>XxHash3 of keys and labels.</summary>
    public ulong Fingerprint { get; set; }

    /// <summary>Begins a batch of so many rows.</summary>
    public void Begin(RecordBatch columns, bool hasLabels)
    {
        Columns = columns;
        BatchSize = columns.Length;
        Labels = hasLabels ? _labels.Reserve<float>(columns.Length) : default;
    }

    /// <summary>Room for a group of dense columns: shape (B, <paramref name="width"/>).</summary>
    public NativeBlock ReserveDense(int cast, int width) =>
        Dense[cast] = _dense[cast].Reserve<float>((long)BatchSize * width);

    /// <summary>Room for the rows of an operator, <paramref name="byteLength"/> bytes.</summary>
    public NativeBlock ReserveRows(int op, long byteLength) => Rows[op] = _rows[op].Reserve<byte>(byteLength);

    /// <summary>Room for the gradients of an operator, <paramref name="byteLength"/> bytes.</summary>
    public NativeBlock ReserveGradients(int op, long byteLength) => Gradients[op] = _gradients[op].Reserve<byte>(byteLength);

    /// <summary>Drops the Arrow rows; the buffers stay for the next batch.</summary>
    public void Release()
    {
        Columns?.Dispose();
        Columns = null;
        DenseGradients?.Dispose();
        DenseGradients = null;
        System.Array.Clear(HasGradients);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _labels.Dispose();
        foreach (SparseBatch sparse in Sparse) sparse.Dispose();
        foreach (NativeBuffer buffer in (NativeBuffer[])[.. _dense, .. _rows, .. _gradients]) buffer.Dispose();
    }
}
