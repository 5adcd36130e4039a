using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Parameters;

/// <summary>
/// Everything that a worker and its shards (or one shard) exchange in a step: the gradients of one step, then the rows of
/// another. A shard applies all pushes before it reads for the pulls. The object and its lists are reused from step to
/// step; the blocks are borrowed until the exchange has completed.
/// </summary>
public sealed class StepExchange
{
    /// <summary>The step whose gradients are pushed.</summary>
    public StepKey Step { get; set; }

    /// <summary>XxHash3 of the pushed batch's keys and labels; tells a repeated step from a different one.</summary>
    public ulong Fingerprint { get; set; }

    /// <summary>Rows of the pushed batch (B); the weight of its gradients in <see cref="TrainingMode.Sync"/>.</summary>
    public int RowCount { get; set; }

    /// <summary>Whether the partition ends with this push: nothing is pulled, and the worker counts as arrived from now on.</summary>
    public bool EndOfPartition { get; set; }

    /// <summary>
    /// Above 0: a snapshot marker. The shard applies the pushes, then holds this stream back until the markers of all
    /// workers have come and the snapshot of this number is captured, and only then serves the pulls.
    /// </summary>
    public long SnapshotId { get; set; }

    /// <summary>Gradients by table; at most one for each table.</summary>
    public List<SparsePush> SparsePushes { get; } = [];

    /// <summary>Gradients or values of dense tensors; at most one for each tensor.</summary>
    public List<DensePush> DensePushes { get; } = [];

    /// <summary>Rows to read; at most one for each table.</summary>
    public List<SparsePull> SparsePulls { get; } = [];

    /// <summary>Dense tensors to read; at most one for each tensor.</summary>
    public List<DensePull> DensePulls { get; } = [];

    /// <summary>Empties the exchange for reuse.</summary>
    public void Clear()
    {
        Step = default;
        Fingerprint = 0;
        RowCount = 0;
        EndOfPartition = false;
        SnapshotId = 0;
        SparsePushes.Clear();
        DensePushes.Clear();
        SparsePulls.Clear();
        DensePulls.Clear();
    }
}

/// <summary>Gradients of unique keys of one table.</summary>
/// <param name="Table">Index of the table in <see cref="StoreLayout.Tables"/>.</param>
/// <param name="Keys">Shape (U), uint64, unique; key 0 (padding) is skipped by the shard.</param>
/// <param name="Gradients">Shape (U, D), row-major, of the table's element type; the sum over the batch for each key.</param>
public readonly record struct SparsePush(int Table, NativeBlock Keys, NativeBlock Gradients);

/// <summary>The gradient (or the value, for an EMA tensor) of one dense tensor or of a shard's rows of it.</summary>
/// <param name="Tensor">Index of the tensor in <see cref="StoreLayout.DenseTensors"/>.</param>
/// <param name="Gradient">The elements, row-major: all of them towards the store, the shard's rows towards a shard.</param>
public readonly record struct DensePush(int Tensor, NativeBlock Gradient);

/// <summary>A request for the rows of unique keys of one table.</summary>
/// <param name="Table">Index of the table in <see cref="StoreLayout.Tables"/>.</param>
/// <param name="Keys">Shape (U), uint64, unique; key 0 (padding) reads as zeros.</param>
/// <param name="Rows">Destination, shape (U, D), row-major, of the table's element type; written in the order of the keys.</param>
/// <param name="ReadOnly">Absent keys are not created: they read as zeros, or as NaN with <paramref name="NanFill"/>.</param>
/// <param name="NanFill">With <paramref name="ReadOnly"/>: absent keys read as NaN (key 0 still as zeros).</param>
public readonly record struct SparsePull(int Table, NativeBlock Keys, NativeBlock Rows, bool ReadOnly, bool NanFill);

/// <summary>A request for one dense tensor, or for a shard's rows of it.</summary>
/// <param name="Tensor">Index of the tensor in <see cref="StoreLayout.DenseTensors"/>.</param>
/// <param name="Values">Destination, row-major: all elements from the store, the shard's rows from a shard.</param>
public readonly record struct DensePull(int Tensor, NativeBlock Values);
