using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>Checks a request against the layout before anything is touched: what passes can't tear a shard.</summary>
/// <param name="layout">What the shards hold.</param>
/// <param name="denseBytes">By dense tensor: bytes of the weights that a request carries, of all rows or a shard's.</param>
sealed class ExchangeCheck(StoreLayout layout, long[] denseBytes)
{
    /// <summary>Checks indices and lengths of a whole exchange.</summary>
    /// <exception cref="ArgumentException">An index or a length does not fit the layout.</exception>
    public void Check(StepExchange exchange)
    {
        bool pushes = exchange.SparsePushes.Count > 0 || exchange.DensePushes.Count > 0;
        int partition = exchange.Step.Partition;
        if ((pushes || exchange.Step.Step >= 0 || exchange.EndOfPartition || exchange.SnapshotId > 0)
            && (uint)partition >= (uint)layout.WorkerCount)
            throw new ArgumentException($"partition {partition} of {layout.WorkerCount} workers");
        if (pushes && exchange.Step.Step < 0)
            throw new ArgumentException($"partition {partition} pushes gradients without a step (step {exchange.Step.Step})");
        if (pushes && layout.Mode == TrainingMode.Sync && exchange.RowCount < 1)
            throw new ArgumentException($"partition {partition} pushes gradients of {exchange.RowCount} rows; sync mode weights by rows");
        if (exchange.EndOfPartition && exchange.SparsePulls.Count + exchange.DensePulls.Count > 0)
            throw new ArgumentException($"partition {partition} ends and pulls in one exchange");
        foreach (SparsePush push in exchange.SparsePushes) Rows(push.Table, push.Keys, push.Gradients, "gradients");
        foreach (SparsePull pull in exchange.SparsePulls) Rows(pull.Table, pull.Keys, pull.Rows, "rows");
        foreach (DensePush push in exchange.DensePushes) Tensor(push.Tensor, push.Gradient, "gradient");
        foreach (DensePull pull in exchange.DensePulls) Tensor(pull.Tensor, pull.Values, "values");
    }

    /// <summary>Checks that rows fit their keys.</summary>
    public void Rows(int table, NativeBlock keys, NativeBlock rows, string what)
    {
        if ((uint)table >= (uint)layout.Tables.Count) throw new ArgumentException($"table {table} of {layout.Tables.Count}");
        SparseTableSpec spec = layout.Tables[table];
        long elementBytes = spec.ElementType.ByteSize();
        if (keys.ByteLength % sizeof(ulong) != 0) throw new ArgumentException($"table '{spec.Name}': keys of {keys.ByteLength} bytes");
        Length(rows.ByteLength, keys.ByteLength / sizeof(ulong) * spec.Dimension * elementBytes, spec.Name, what);
    }

    /// <summary>Checks a length in bytes.</summary>
    public static void Length(long actual, long expected, string name, string what)
    {
        if (actual != expected) throw new ArgumentException($"'{name}': {what} of {actual} bytes, expected {expected}");
    }

    void Tensor(int tensor, NativeBlock values, string what)
    {
        if ((uint)tensor >= (uint)layout.DenseTensors.Count)
            throw new ArgumentException($"dense tensor {tensor} of {layout.DenseTensors.Count}");
        Length(values.ByteLength, denseBytes[tensor], layout.DenseTensors[tensor].Name, what);
    }
}
