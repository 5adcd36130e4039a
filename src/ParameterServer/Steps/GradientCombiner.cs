using System.Numerics;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>
/// Makes one push of the pushes of all workers of a step: Σ Bᵢ·gᵢ / Σ Bᵢ, B the rows of a worker's batch, summed in rank
/// order, element by element, so that the result does not depend on the number of shards. A worker that pushes no
/// gradient for a key or tensor contributes zero to it with its full weight; a worker without rows has no weight. With a
/// single contributor the gradients pass unscaled. Not thread-safe; keeps its memory from step to step.
/// </summary>
sealed class GradientCombiner : IDisposable
{
    readonly StoreLayout _layout;
    readonly KeyUniquifier _uniquifier = new();
    readonly NativeBuffer _allKeys = new();
    readonly NativeBuffer _indices = new();
    readonly NativeBuffer[] _uniqueKeys;
    readonly NativeBuffer[] _sparseSums;
    readonly NativeBuffer[] _denseSums;

    /// <summary>Creates a combiner for a layout.</summary>
    public GradientCombiner(StoreLayout layout)
    {
        _layout = layout;
        _uniqueKeys = Buffers(layout.Tables.Count);
        _sparseSums = Buffers(layout.Tables.Count);
        _denseSums = Buffers(layout.DenseTensors.Count);
    }

    /// <summary>Combines a step.</summary>
    /// <param name="step">One exchange a worker, in rank order; at least one.</param>
    /// <param name="sparse">Receives one push for each table that any contributor pushes.</param>
    /// <param name="dense">Receives one push for each tensor that any contributor pushes.</param>
    /// <remarks>The pushes borrow the exchanges' memory or this object's, until the next call.</remarks>
    public void Combine(IReadOnlyList<StepExchange> step, List<SparsePush> sparse, List<DensePush> dense)
    {
        sparse.Clear();
        dense.Clear();
        List<StepExchange> contributors = [.. step.Where(e => e.RowCount > 0)];
        if (contributors.Count == 0) return;
        if (contributors.Count == 1)
        {
            sparse.AddRange(contributors[0].SparsePushes);
            dense.AddRange(contributors[0].DensePushes);
            return;
        }

        double rows = contributors.Sum(e => (double)e.RowCount);
        for (int table = 0; table < _layout.Tables.Count; table++)
        {
            if (_layout.Tables[table].ElementType == ElementType.Float64) CombineTable<double>(table, contributors, rows, sparse);
            else CombineTable<float>(table, contributors, rows, sparse);
        }

        for (int tensor = 0; tensor < _layout.DenseTensors.Count; tensor++)
        {
            if (_layout.DenseTensors[tensor].ElementType == ElementType.Float64) CombineTensor<double>(tensor, contributors, rows, dense);
            else CombineTensor<float>(tensor, contributors, rows, dense);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _allKeys.Dispose();
        _indices.Dispose();
        foreach (NativeBuffer buffer in _uniqueKeys.Concat(_sparseSums).Concat(_denseSums)) buffer.Dispose();
    }

    static NativeBuffer[] Buffers(int count) => [.. Enumerable.Range(0, count).Select(_ => new NativeBuffer())];

    void CombineTable<T>(int table, List<StepExchange> contributors, double rows, List<SparsePush> sparse)
        where T : unmanaged, INumber<T>
    {
        int total = 0;
        foreach (StepExchange exchange in contributors)
        {
            if (Find(exchange, table) is { } push) total += (int)(push.Keys.ByteLength / sizeof(ulong));
        }

        if (total == 0) return;
        Span<ulong> allKeys = _allKeys.Reserve<ulong>(total).AsSpan<ulong>();
        int at = 0;
        foreach (StepExchange exchange in contributors)
        {
            if (Find(exchange, table) is not { } push) continue;
            Span<ulong> keys = push.Keys.AsSpan<ulong>();
            keys.CopyTo(allKeys[at..]);
            at += keys.Length;
        }

        Span<int> indices = _indices.Reserve<int>(total).AsSpan<int>();
        NativeBlock unique = _uniqueKeys[table].Reserve<ulong>(total);
        int count = _uniquifier.Uniquify(allKeys, unique.AsSpan<ulong>(), indices);
        int dimension = _layout.Tables[table].Dimension;
        NativeBlock sums = _sparseSums[table].Reserve<T>((long)count * dimension);
        Span<T> sum = sums.AsSpan<T>();
        sum.Clear();
        at = 0;
        foreach (StepExchange exchange in contributors)
        {
            if (Find(exchange, table) is not { } push) continue;
            ReadOnlySpan<T> gradients = push.Gradients.AsSpan<T>();
            T weight = T.CreateChecked(exchange.RowCount);
            for (int i = 0; i < gradients.Length / dimension; i++)
            {
                AddScaled(sum.Slice(indices[at++] * dimension, dimension), gradients.Slice(i * dimension, dimension), weight);
            }
        }

        Divide(sum, T.CreateChecked(rows));
        sparse.Add(new SparsePush(table, unique.Slice(0, (long)count * sizeof(ulong)), sums));
    }

    void CombineTensor<T>(int tensor, List<StepExchange> contributors, double rows, List<DensePush> dense)
        where T : unmanaged, INumber<T>
    {
        NativeBlock sums = default;
        foreach (StepExchange exchange in contributors)
        {
            foreach (DensePush push in exchange.DensePushes)
            {
                if (push.Tensor != tensor) continue;
                ReadOnlySpan<T> gradient = push.Gradient.AsSpan<T>();
                if (sums.IsEmpty)
                {
                    sums = _denseSums[tensor].Reserve<T>(gradient.Length);
                    sums.AsSpan<byte>().Clear();
                }

                AddScaled(sums.AsSpan<T>(), gradient, T.CreateChecked(exchange.RowCount));
            }
        }

        if (sums.IsEmpty) return;
        Divide(sums.AsSpan<T>(), T.CreateChecked(rows));
        dense.Add(new DensePush(tensor, sums));
    }

    static SparsePush? Find(StepExchange exchange, int table)
    {
        foreach (SparsePush push in exchange.SparsePushes)
        {
            if (push.Table == table) return push;
        }

        return null;
    }

    // Multiplication and addition stay apart (no fused form), so that vector and scalar lanes round alike.
    static void AddScaled<T>(Span<T> sum, ReadOnlySpan<T> values, T weight) where T : unmanaged, INumber<T>
    {
        int i = 0;
        Vector<T> weights = new(weight);
        for (; i <= sum.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            (new Vector<T>(sum[i..]) + (new Vector<T>(values[i..]) * weights)).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++) sum[i] += values[i] * weight;
    }

    static void Divide<T>(Span<T> sum, T divisor) where T : unmanaged, INumber<T>
    {
        int i = 0;
        Vector<T> divisors = new(divisor);
        for (; i <= sum.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            (new Vector<T>(sum[i..]) / divisors).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++) sum[i] /= divisor;
    }
}
